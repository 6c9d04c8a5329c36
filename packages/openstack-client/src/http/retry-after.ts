/**
 * How long a `Retry-After` header asks to wait, in milliseconds; undefined when it is absent or invalid.
 *
 * @param value - seconds, or an HTTP date
 * @param nowMs - wall time, for a date
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined
  const text = value.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  // `Date.parse` accepts texts that are no dates. An HTTP date begins with a day's name.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
