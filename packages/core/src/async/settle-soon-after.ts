import type { Clock } from '../clock.js'

/**
 * Settles as `work` does; once the signal aborts, `work` has `ms` more to settle, and then its caller is answered with
 * the signal's reason while it goes on alone. A result that comes after the abort is dropped.
 */
export async function settleSoonAfter<T>(
  work: Promise<T>,
  signal: AbortSignal,
  { clock, ms }: { readonly clock: Clock; readonly ms: number },
): Promise<T> {
  const settled = new AbortController()
  let stop: (() => void) | undefined
  const aborted = new Promise<void>((resolve) => {
    stop = resolve
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', stop, { once: true })
  })
  const tooLate = aborted.then(async () => {
    await clock.sleep(ms, { signal: settled.signal }).catch(() => {})
    throw signal.reason
  })
  try {
    return await Promise.race([work, tooLate])
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
    settled.abort()
    tooLate.catch(() => {})
  }
}
