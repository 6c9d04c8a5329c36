import { setTimeout as sleep } from 'node:timers/promises'
import { sized, withGroup } from './docker-fault-group.js'
import { Front } from './docker-front.js'
import { containersOf, groupBehind } from './docker-group.js'

/** @import { DockerOptions } from '@flotilla/backend-docker' */
/** @import { Outcome } from './docker-fault-group.js' */

export const ignoresTerm = () =>
  withGroup(
    async (group) => {
      const startMs = performance.now()
      await sized(group, 1)
      return `ended after ${((performance.now() - startMs) / 1000).toFixed(1)} s`
    },
    { template: { graceMs: 2000, env: { IGNORES_SIGTERM: '1' } } },
  )

export const imageMissing = () => fruitless({ image: 'flotilla-lab/nosuch:1' })
export const exitsAtOnce = () => fruitless({ command: ['/bin/sh', '-c', 'exit 1'] })

/**
 * A group whose launches all fail: tried again with backoff, and nothing piles up.
 *
 * @param {Partial<DockerOptions>} template
 * @returns {Promise<Outcome>}
 */
async function fruitless(template) {
  const front = new Front().start()
  const options = { group: 'faults', min: 2, max: 4, launch: { backoff: { baseMs: 500, capMs: 4000 } } }
  const group = groupBehind(front, options, template)
  /** @type {string[]} */
  const said = []
  let failures = 0
  let most = 0
  group.web.on('problem', ({ kind, message }) => said.push(`${kind}: ${message}`))
  group.web.on('instance', ({ to, reason }) => void (to === 'failed' && said.push(`failed: ${reason}`)))
  group.web.on('backoff', (event) => (failures = Math.max(failures, event.failures)))
  try {
    await group.web.start()
    for (let second = 0; second < 10; second += 1) {
      await sleep(1000)
      most = Math.max(most, (await containersOf('faults')).length)
    }
    return { said, asked: 0, lost: 0, note: `${failures} failures in 10 s, at most ${most} containers` }
  } finally {
    await group.close()
    await front.stop()
  }
}
