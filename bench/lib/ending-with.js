const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * Does some work, and then what ends it: also when this process is told to end meanwhile, by Ctrl-C, SIGTERM or a terminal
 * that closes. Then the work is no longer waited for, and the process ends by that signal once all is ended.
 *
 * @param {(signal: AbortSignal) => Promise<void>} work - its signal aborts when the process is told to end
 * @param {() => Promise<void>} end
 */
export async function endingWith(work, end) {
  const told = new AbortController()
  const onSignal = (/** @type {NodeJS.Signals} */ signal) => told.abort(signal)
  // They stay until all is ended: a second Ctrl-C must not leave the half of it.
  for (const signal of signals) process.on(signal, onSignal)
  try {
    const aborted = new Promise((resolve) => told.signal.addEventListener('abort', resolve, { once: true }))
    await Promise.race([work(told.signal), aborted])
  } finally {
    await end()
    for (const signal of signals) process.off(signal, onSignal)
    if (told.signal.aborted) process.kill(process.pid, told.signal.reason)
  }
}
