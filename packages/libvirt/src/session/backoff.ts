/** Doubles from `minMs` up to `maxMs`, each time somewhere in its upper half so that clients do not come in step. */
export function backoffMs(failures: number, minMs: number, maxMs: number, random: () => number): number {
  const fullMs = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30))
  return fullMs * (0.5 + random() / 2)
}
