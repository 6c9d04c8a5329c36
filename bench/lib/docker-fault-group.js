import { memberAt, untilServed } from './docker-bare.js'
import { Front } from './docker-front.js'
import { containersOf, groupBehind } from './docker-group.js'
import { loadFromOutside } from './docker-loader.js'
import { refuseStranger } from './docker-stranger.js'
import { until } from './until.js'

/** @import { DockerOptions } from '@flotilla/backend-docker' */

/**
 * What came of one fault. `said` are the problems that were told of, `lost` the requests without an answer.
 *
 * @typedef {{ said: string[], asked: number, lost: number, note: string }} Outcome
 */
/** @typedef {ReturnType<typeof groupBehind>} Group */

/**
 * A group of two under light load, then the fault.
 *
 * @param {(group: Group, front: Front) => Promise<string>} fault
 * @param {{ template?: Partial<DockerOptions>, prepare?: (front: Front) => void }} [given]
 * @returns {Promise<Outcome>}
 */
export async function withGroup(fault, { template = {}, prepare } = {}) {
  const front = new Front()
  prepare?.(front)
  front.start()
  const options = { group: 'faults', min: 0, max: 6, launch: { backoff: { baseMs: 500, capMs: 2000 } } }
  const group = groupBehind(front, options, template)
  /** @type {string[]} */
  const said = []
  group.web.on('problem', ({ kind, message }) => said.push(`${kind}: ${message}`))
  try {
    await group.web.start()
    await group.web.pause('scaling')
    await sized(group, 2)
    await until(async () => (await memberAt(front.url)) !== undefined)
    const load = loadFromOutside({ url: front.url, ratePerSecond: 50, retriesStale: true, timeoutMs: 60_000 })
    const note = await fault(group, front)
    const { sentCount, hardCount, staleCount, byMember } = await load.stop()
    refuseStranger(byMember)
    return { said, asked: sentCount, lost: hardCount + staleCount, note }
  } finally {
    await group.close()
    await front.stop()
  }
}

/**
 * @param {Group} group
 * @param {number} size
 */
export async function sized(group, size) {
  await group.web.setDesired(size)
  await until(() => group.inService() === size && group.web.status().instances.length === size)
  const found = (await containersOf('faults')).length
  if (found !== size) throw new Error(`${found} containers where ${size} are wanted`)
}

/** @param {Front} front */
export const served = async (front) => {
  await untilServed(front.url, new Set(), 4)
}
