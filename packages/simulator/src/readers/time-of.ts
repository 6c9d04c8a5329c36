/** Seconds since the epoch stay below this for five thousand years, milliseconds for three thousand. */
const firstMs = 1e11
const firstMicroseconds = 1e14

/** A date or date and time without a zone: Node would read it in the zone of whoever runs it. */
const withoutZone = /^\d{4}-\d{2}-\d{2}[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/

/** A moment, epoch milliseconds, or why the text is none. */
export type Moment = { readonly at: number } | { readonly wrong: string }

/** Reads a moment: a date (UTC where it has no zone), or seconds or milliseconds since the epoch. */
export function timeOf(text: string): Moment {
  const number = text === '' ? Number.NaN : Number(text)
  if (Number.isFinite(number)) return epochOf(number)
  const at = Date.parse(withoutZone.test(text) ? `${text.replace(' ', 'T')}Z` : text)
  return Number.isFinite(at) ? { at } : { wrong: `${JSON.stringify(text)} where the time belongs` }
}

/** Reads seconds or milliseconds since the epoch. */
export function epochOf(number: number): Moment {
  if (Math.abs(number) >= firstMicroseconds) {
    return { wrong: `the time ${number}, which is neither seconds nor milliseconds: are they microseconds?` }
  }
  return { at: Math.abs(number) < firstMs ? number * 1000 : number }
}
