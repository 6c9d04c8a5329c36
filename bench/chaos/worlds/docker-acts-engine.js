import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { startDaemon } from '../../../labs/docker/daemon.js'
import { node } from '../../lib/docker-lab.js'
import { until } from '../../lib/until.js'

/** @import { Act, Stage } from '../world.js' */
/** @import { ContainerFront } from './docker-front.js' */

const started = async () => startDaemon(node, { signal: AbortSignal.timeout(60_000), log: () => {} })

/**
 * The engine ends, and is started again. Without `live-restore` all its containers end then, at the latest when it comes
 * back; those with a restart policy are started again, Nginx among them.
 *
 * @param {{ front: ContainerFront, settleMs: number, intervalMs: number }} given
 * @returns {readonly Act[]}
 */
export function actsOnEngine({ front, settleMs, intervalMs }) {
  /** Nginx comes back with the addresses of members that ended, until the group sees it. */
  const untilFound = 4 * intervalMs
  const again = async (/** @type {Stage} */ { random }, /** @type {NodeJS.Signals} */ signal) => {
    // As under systemd: not sooner than after 2 s, and once more where it fails, as it does on a containerd that still ends.
    const awayMs = random.whole(2000, 6000)
    const pid = Number(readFileSync(node.pidFile, 'utf8'))
    process.kill(pid, signal)
    await until(() => !existsSync(`/proc/${pid}`), 60_000)
    await sleep(awayMs)
    await started().catch(started)
    await front.answers(settleMs)
    return `away for ${awayMs} ms`
  }
  return [
    { name: 'kill -9 dockerd', excusedMs: untilFound, run: async (stage) => again(stage, 'SIGKILL') },
    { name: 'end dockerd (SIGTERM)', excusedMs: untilFound, run: async (stage) => again(stage, 'SIGTERM') },
  ]
}
