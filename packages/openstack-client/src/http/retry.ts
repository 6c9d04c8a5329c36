import { OpenStackError } from '../openstack-error.js'
import type { Clock } from '../time/clock.js'
import { isPassingConflict } from './answer-error.js'
import { isUnsent } from './connection-fault.js'

/** How often, and after which waits, a failed call is tried again. */
export interface RetryOptions {
  /** Tries after the first. 0 to 20; default 4. */
  readonly count?: number | undefined
  /** The first wait is up to this long; each further one up to double. Default 500 ms. */
  readonly delayMs?: number | undefined
  /** No wait is longer, nor a `Retry-After` that is obeyed. Default 30 000 ms. */
  readonly maxDelayMs?: number | undefined
}

export interface RetryRules {
  readonly count: number
  readonly delayMs: number
  readonly maxDelayMs: number
}

export interface RetryContext {
  readonly clock: Clock
  /** 0 <= value < 1. */
  readonly random: () => number
  readonly rules: RetryRules
  /** Monotonic time by which the call must have ended. */
  readonly endsAt: number
  readonly repeatable: boolean
  readonly signal?: AbortSignal | undefined
}

/** Runs `once` until it succeeds, fails for good, or time or tries run out; then the last failure is thrown. */
export async function withRetries<T>(once: (tries: number) => Promise<T>, context: RetryContext): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await once(tries)
    } catch (error) {
      const waitMs = delayBeforeRetry(error, tries, context)
      if (waitMs === undefined) throw error
      await context.clock.sleep(waitMs, { signal: context.signal })
    }
  }
}

/** How long to wait before the next try; undefined when there may be none, or no time is left. */
export function delayBeforeRetry(error: unknown, tries: number, context: RetryContext): number | undefined {
  const { rules, clock, random, endsAt, repeatable } = context
  if (tries >= rules.count || !(error instanceof OpenStackError) || !maySendAgain(error, repeatable)) {
    return undefined
  }
  const ceiling = Math.min(rules.maxDelayMs, rules.delayMs * 2 ** tries)
  const jitter = random() * ceiling
  const asked = error.retryAfterMs ?? 0
  if (asked > rules.maxDelayMs) return undefined
  // Callers that got the same `Retry-After` come back at different times.
  const waitMs = asked > 0 ? asked + jitter : jitter
  return clock.monotonic() + waitMs < endsAt ? waitMs : undefined
}

/** Whether sending it again cannot do it twice. */
function maySendAgain(error: OpenStackError, repeatable: boolean): boolean {
  const { code, status, retryable, cause } = error
  // Refused before anything was done.
  if (code === 'rate-limited' || isPassingConflict(error)) return true
  if (code === 'timeout') return repeatable
  if (code !== 'unavailable' || !retryable || status === 501 || status === 505) return false
  return repeatable || (status === undefined && isUnsent(cause))
}
