/**
 * Settles as `work` does, or rejects with the signal's reason as soon as that aborts, also when `work` pays no heed to
 * it. A result that comes later is dropped.
 */
export async function untilAborted<T>(work: () => T | Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  // A function that throws before it returns a promise must reject like one that rejects.
  const working = (async () => work())()
  try {
    return await Promise.race([working, aborted])
  } catch (error) {
    // Work that fails because of the abort may come before our own listener; the reason must win all the same.
    throw signal.aborted ? signal.reason : error
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}
