/** A forecast that waits for its time: when it is due, then what each forecaster said, then what was provided for. */
export type Pending = number[][]

/** Forecasts that wait at a time; with a longer lead, not every one is checked. */
const mostPending = 16
const longestIntervalMs = 120_000

/** Those whose time has come, and not long ago. */
export const dueIn = (pending: Pending, now: number, intervalMs: number): Pending =>
  pending.filter(([at = 0]) => at <= now && now - at <= 2 * intervalMs)

/** Those that still wait, with a new one. */
export function withPending(
  before: Pending,
  values: readonly number[],
  now: number,
  leadMs: number,
): Pending {
  const dueAt = now + leadMs
  // What is due much later than a lead from now was forecast before the clock went back.
  const kept = before.filter(([at = 0]) => at > now && at <= dueAt + leadMs + longestIntervalMs)
  const last = kept.at(-1)?.[0] ?? -Infinity
  if (kept.length >= mostPending || dueAt - last < leadMs / mostPending) return kept
  return [...kept, [dueAt, ...values]]
}
