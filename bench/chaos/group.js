import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { customPolicy, fileStore, httpProbe } from '@flotilla/core'

/**
 * Options that every group of a chaos run has: the size is what the file `wanted` says, undamped.
 *
 * @param {{ directory: string, store?: string, max: number, intervalMs: number }} settings
 */
export function chaosOptions({ directory, store = join(directory, 'store'), max, intervalMs }) {
  return {
    min: 1,
    max,
    intervalMs,
    policy: customPolicy({ name: 'wanted', metrics: [], propose: () => wantedIn(directory) }),
    behavior: { scaleOut: { rates: [] }, scaleIn: { windowMs: 0, rates: [] } },
    probe: httpProbe('/health', { timeoutMs: 1000 }),
    launch: { backoff: { baseMs: 200, capMs: 2000 } },
    store: fileStore(store),
  }
}

/** @param {string} directory */
function wantedIn(directory) {
  return Number(readFileSync(join(directory, 'wanted'), 'utf8'))
}
