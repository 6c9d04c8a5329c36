/** What one of each unit is, in milliseconds. */
const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

const part = /(\d+(?:\.\d+)?)(ms|[smhdw])/g
const whole = /^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/

/**
 * A duration such as `15s`, `5m` or `1h30m`, in milliseconds.
 *
 * @returns undefined when it is none
 */
export function readDuration(text: string): number | undefined {
  if (!whole.test(text)) return undefined
  const parts = [...text.matchAll(part)]
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ''] ?? Number.NaN), 0)
}
