import type { Clock } from '../clock.js'
import { FlotillaError } from '../errors.js'
import { untilAborted } from './until-aborted.js'

/** Every call to the outside takes one of these and settles soon after it aborts. */
export interface CallOptions {
  readonly signal: AbortSignal
}

/** What bounds a call. */
export interface Deadline {
  readonly clock: Clock
  readonly timeoutMs: number
  /** For the error: what was attempted, such as `list group web`. */
  readonly what: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs `work` and settles within the bound, also when `work` ignores its signal and never settles.
 *
 * @throws FlotillaError `timeout` when the bound passes; the outer signal's own reason when that aborts first
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => T | Promise<T>,
  { clock, timeoutMs, what, signal }: Deadline,
): Promise<T> {
  signal?.throwIfAborted()
  const bound = new AbortController()
  const timer = new AbortController()
  const stop = (): void => bound.abort(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  clock.sleep(timeoutMs, { signal: timer.signal }).then(
    () => bound.abort(new FlotillaError('timeout', `${what}: no answer within ${timeoutMs} ms`)),
    () => {},
  )
  try {
    return await untilAborted(() => work(bound.signal), bound.signal)
  } finally {
    timer.abort(settled)
    signal?.removeEventListener('abort', stop)
  }
}

/** Why a timer is no longer needed. Without a reason of its own, every abort would make a new error. */
const settled = new Error('settled')
