import type { Clock } from './clock.js'
import { OpenStackError } from '../openstack-error.js'

/** The bounds of some work. */
export interface Bounds {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Any of them ends it, with its own reason. */
  readonly signals: readonly (AbortSignal | undefined)[]
  /** For the error, such as `compute: list servers`. */
  readonly what: string
  /** For the error: the work may have been done all the same. */
  readonly maybeDone: boolean
  readonly service: string
}

/**
 * Runs `work` and settles within the bound, also when `work` ignores its signal.
 *
 * @throws OpenStackError `timeout` when the bound passes; a signal's own reason when that aborts first
 */
export async function within<T>(bounds: Bounds, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, timeoutMs, what, maybeDone, service } = bounds
  const signals = bounds.signals.filter((signal) => signal !== undefined)
  for (const signal of signals) signal.throwIfAborted()
  const bound = new AbortController()
  const timer = new AbortController()
  const stop = (event: Event): void => bound.abort((event.target as AbortSignal).reason)
  for (const signal of signals) signal.addEventListener('abort', stop, { once: true })
  const text = `${what}: no answer within ${Math.round(timeoutMs)} ms`
  clock.sleep(timeoutMs, { signal: timer.signal }).then(
    () => bound.abort(new OpenStackError('timeout', text, { service, retryable: true, maybeDone })),
    () => {},
  )
  try {
    return await untilAborted(work(bound.signal), bound.signal)
  } catch (error) {
    // `fetch` may wrap the reason in one of its own.
    if (bound.signal.aborted) throw bound.signal.reason
    throw error
  } finally {
    timer.abort(settled)
    for (const signal of signals) signal.removeEventListener('abort', stop)
  }
}

/** Why a timer is no longer needed. Without a reason of its own, every abort would make a new error. */
const settled = new Error('settled')

/** Settles with `work`, or rejects with the signal's reason: also when `work` never notices. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) {
      // Without a handler its rejection would be reported as unhandled.
      work.catch(() => {})
      stop()
      return
    }
    signal.addEventListener('abort', stop, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
