/** Where time comes from, so that tests and the simulator can bring their own. */
export interface Clock {
  /** Wall time, milliseconds since the epoch. It may jump when the host's clock is set. */
  now(): number
  /** Milliseconds since an arbitrary start. It never jumps. */
  monotonic(): number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted first. */
  sleep(ms: number, options?: SleepOptions): Promise<void>
}

/** Options of `Clock.sleep()`. */
export interface SleepOptions {
  readonly signal?: AbortSignal | undefined
  /** True: a program that has nothing else to do does not wait for it to end. Default false. */
  readonly unref?: boolean | undefined
}

/** The host's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  // Not timers/promises: it makes an error of its own for every sleep that is cut short, and every deadline is one.
  sleep: (ms, { signal, unref = false } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason)
        return
      }
      const stop = (): void => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      if (unref) timer.unref()
      signal?.addEventListener('abort', stop, { once: true })
    }),
}
