const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** A time as Nginx writes it, `1m 30s`, `75` (seconds), `500ms`, in milliseconds; undefined when it is none. */
export function timeMs(text: string): number | undefined {
  if (!/^(?:\s*\d+(?:ms|[smhdw])?)+\s*$/.test(text)) return undefined
  return [...text.matchAll(/(\d+)(ms|[smhdw])?/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? 's'] ?? 0),
    0,
  )
}
