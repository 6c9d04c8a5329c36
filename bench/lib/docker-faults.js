import { loadavg } from 'node:os'
import { docker } from '../../labs/docker/tools.js'
import { controllerKilled } from './docker-faults-controller.js'
import { engineDiskFull } from './docker-faults-engine-disk.js'
import { engineStopped } from './docker-faults-engine.js'
import { diskFull, nginxKilled, readOnly } from './docker-faults-front.js'
import { exitsAtOnce, ignoresTerm, imageMissing } from './docker-faults-service.js'
import { node } from './docker-lab.js'
import { runStranger } from './docker-stranger.js'
import { printTable } from './table.js'

/** @import { Outcome } from './docker-fault-group.js' */

/**
 * What is left of a group after each fault, and what was said of it.
 *
 * @param {{ isQuick: boolean, fault: string }} given - `fault`: only those whose names have it
 */
export async function faults({ isQuick, fault }) {
  const kills = isQuick ? 10 : 50
  /** @type {[string, () => Promise<Outcome>][]} */
  const cases = [
    ['image missing', imageMissing],
    ['exits at once', exitsAtOnce],
    ['ignores SIGTERM, grace 2 s', ignoresTerm],
    ['Nginx killed, later started', nginxKilled],
    ['config directory read-only', readOnly],
    ['disk of the config full', diskFull],
    ['disk of the engine full', engineDiskFull],
    ['engine stopped and started in mid-scale', engineStopped],
    [`controller killed -9 at ${kills} random moments`, () => controllerKilled(kills)],
  ]
  const rows = []
  const stranger = await runStranger()
  for (const [name, run] of cases) {
    if (!name.includes(fault)) continue
    console.log(`fault: ${name}`)
    try {
      const { said, asked, lost, note } = await run()
      const orphans = (await everyContainer()).filter((id) => id !== stranger).length
      rows.push([name, 'yes', asked, lost, orphans, [...new Set(said)].join('; ').slice(0, 300), note])
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      rows.push([name, `NO: ${reason}`, '', '', '', '', ''])
      for (const id of await everyContainer())
        if (id !== stranger) await docker(node.socket, ['rm', '-f', id])
    }
  }
  const isThere = (await everyContainer()).includes(stranger)
  printTable(
    `Faults; load average ${loadavg()[0]?.toFixed(1)}`,
    ['fault', 'converged', 'requests', 'lost', 'left over', 'what was said', 'note'],
    rows,
  )
  console.log(`the stranger's container is ${isThere ? 'there still' : 'GONE'}`)
  if (isThere) await docker(node.socket, ['rm', '-f', stranger])
}

async function everyContainer() {
  return (await docker(node.socket, ['ps', '-aq', '--no-trunc'])).split('\n').filter(Boolean)
}
