import type { Clock } from './clock.js'
import { FlotillaError } from './errors.js'

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
  const inner = new AbortController()
  const timer = new AbortController()
  let stop: (() => void) | undefined
  const outerAbort = new Promise<never>((_, reject) => {
    stop = () => {
      inner.abort(signal?.reason)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
  const bound = clock.sleep(timeoutMs, { signal: timer.signal }).then(() => {
    const error = new FlotillaError('timeout', `${what}: no answer within ${timeoutMs} ms`)
    inner.abort(error)
    throw error
  })
  // A function that throws before it returns a promise must reject like one that rejects.
  const working = (async () => work(inner.signal))()
  try {
    return await Promise.race([working, bound, outerAbort])
  } finally {
    timer.abort()
    if (stop !== undefined) signal?.removeEventListener('abort', stop)
  }
}
