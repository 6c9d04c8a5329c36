import type { Clock } from './clock.js'
import { OpenStackError } from '../openstack-error.js'
import { within } from './within.js'

/** Bound and pace of a wait. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined
  /** Default 300 000 ms. */
  readonly timeoutMs?: number | undefined
  /** Wait before the second look; each further one is half as long again. Default 500 ms. */
  readonly delayMs?: number | undefined
  /** No wait between two looks is longer. Default 10 000 ms. */
  readonly maxDelayMs?: number | undefined
}

/** What is waited for. */
export interface Wait<T> extends WaitOptions {
  /** For messages: `server web-1 to be ACTIVE`. */
  readonly what: string
  readonly service: string
  /** One look. */
  readonly read: (signal: AbortSignal) => Promise<T>
  /** Whether the wait is over. An error from it ends the wait. */
  readonly done: (value: T) => boolean
}

/** Time and randomness of a wait. */
export interface WaitContext {
  readonly clock: Clock
  readonly random: () => number
}

const defaults = { timeoutMs: 300_000, delayMs: 500, maxDelayMs: 10_000 }

/**
 * Looks again and again, with growing pauses, until `done`. A look with a retryable failure does not end the wait.
 *
 * @returns what was read last
 * @throws OpenStackError `timeout`, with what kept failing as its cause; what `read` and `done` throw for good
 */
export async function waitFor<T>({ clock, random }: WaitContext, wait: Wait<T>): Promise<T> {
  const { what, service, read, done } = wait
  const timeoutMs = wait.timeoutMs ?? defaults.timeoutMs
  const maxDelayMs = wait.maxDelayMs ?? defaults.maxDelayMs
  let last: unknown
  const bounds = { clock, timeoutMs, signals: [wait.signal], service, maybeDone: false, what }
  const look = async (signal: AbortSignal): Promise<T> => {
    let delayMs = wait.delayMs ?? defaults.delayMs
    for (;;) {
      try {
        const value = await read(signal)
        last = undefined
        if (done(value)) return value
      } catch (error) {
        if (!(error instanceof OpenStackError) || !error.retryable || signal.aborted) throw error
        last = error
      }
      // Between 80 and 120 %, so that many waits do not look at the same moment.
      await clock.sleep(delayMs * (0.8 + 0.4 * random()), { signal })
      delayMs = Math.min(maxDelayMs, delayMs * 1.5)
    }
  }
  try {
    return await within(bounds, look)
  } catch (error) {
    if (!(error instanceof OpenStackError) || error.code !== 'timeout' || error.status !== undefined)
      throw error
    throw new OpenStackError('timeout', `${service}: wait for ${what}: not so within ${timeoutMs} ms`, {
      service,
      retryable: true,
      cause: last,
    })
  }
}
