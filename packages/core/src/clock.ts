import { setTimeout as timeout } from 'node:timers/promises'

/** Where time comes from, so that tests and the simulator can bring their own. */
export interface Clock {
  /** Wall time, milliseconds since the epoch. It may jump when the host's clock is set. */
  now(): number
  /** Milliseconds since an arbitrary start. It never jumps. */
  monotonic(): number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted first. */
  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
}

/** The host's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, { signal } = {}) {
    try {
      await timeout(ms, undefined, { signal })
    } catch (error) {
      // timers/promises hides the reason in `cause` of an error of its own.
      throw signal?.aborted === true ? signal.reason : error
    }
  },
}
