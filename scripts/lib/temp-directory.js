import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Gives the work a new folder and a signal, and removes the folder when it ends, also on Ctrl-C.
 *
 * @template T
 * @param {string} prefix - of the folder's name
 * @param {(directory: string, signal: AbortSignal) => Promise<T>} work - to end soon when the signal aborts
 * @returns {Promise<T>}
 */
export async function withTempDirectory(prefix, work) {
  const directory = mkdtempSync(join(tmpdir(), prefix))
  const stop = new AbortController()
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    process.exitCode = signal === 'SIGINT' ? 130 : 143
    stop.abort(new Error(`stopped by ${signal}`))
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    return await work(directory, stop.signal)
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  }
}
