/** How long to wait before the next launch, after launches that failed. Plain JSON. */
export type LaunchBackoff = {
  /** In a row. */
  readonly failures: number
  /** Epoch milliseconds; 0 for never. */
  readonly lastFailureAt: number
  /** When one that served was lost last, epoch milliseconds; 0 for never. */
  readonly lastDeathAt: number
  /** When `until` was set last, epoch milliseconds; 0 for never. */
  readonly raisedAt: number
  /** No launch before this, whole epoch milliseconds. */
  readonly until: number
}

export interface BackoffLimits {
  /** The first wait; doubled with each failure. */
  readonly baseMs: number
  readonly capMs: number
}

/**
 * The backoff after one more failure: half of `baseMs` x 2^(n-1), at most `capMs`, plus up to as much again at random.
 * Failures within one wait count as one: five launches that fail together are one reason to wait, not five.
 *
 * @param random - 0 <= value < 1
 */
export function afterFailure(
  backoff: LaunchBackoff,
  now: number,
  { baseMs, capMs }: BackoffLimits,
  random: number,
): LaunchBackoff {
  if (now < backoff.until) return { ...backoff, lastFailureAt: now }
  const failures = backoff.failures + 1
  const waitMs = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 40))
  return {
    ...backoff,
    failures,
    lastFailureAt: now,
    raisedAt: now,
    until: Math.ceil(now + waitMs / 2 + (waitMs / 2) * random),
  }
}

/** The wait before the next try of something else that failed `attempts` times: 1 s, doubled, at most a minute. */
export function retryDelayMs(attempts: number): number {
  return Math.min(60_000, 1000 * 2 ** Math.min(attempts - 1, 10))
}
