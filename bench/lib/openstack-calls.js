import { setTimeout as sleep } from 'node:timers/promises'
import { countedCloud, serversNamed, fakeTemplate, groupOf, load } from './openstack-group.js'
import { median } from './stats.js'
import { printTable } from './table.js'
import { until } from './until.js'

/** @import { OpenStackCloudOptions } from '@flotilla/backend-openstack' */

/** @typedef {ReturnType<typeof countedCloud> & { name: string, openedMs: number }} Way */

const intervalMs = 2000
/** For so long after its start a connection also looks at what is in BUILD. */
const earlyMs = 125_000

/**
 * What a tick asks of the cloud: with more servers, and with more groups of one project on one connection.
 *
 * @param {{ isQuick: boolean }} given
 */
export async function calls({ isQuick }) {
  const rounds = isQuick ? 5 : 15
  /** @type {readonly (readonly [groups: number, servers: number])[]} */
  const steps = isQuick
    ? [
        [1, 5],
        [5, 10],
      ]
    : [
        [1, 10],
        [1, 50],
        [1, 100],
        [5, 100],
        [5, 50],
        [5, 10],
      ]
  const ways = openWays()
  const [first] = ways
  if (first === undefined) throw new Error('there is no way to list')
  const loads = []
  const rows = []
  try {
    for (const [groupCount, servers] of steps) {
      const size = servers / groupCount
      for (const way of ways) {
        const groups = await startGroups(way, groupCount, size)
        try {
          const startMs = performance.now()
          await until(() => groups.every(({ inService }) => inService() === size), 600_000)
          await until(
            async () => (await serversNamed(way.cloud.client, 'calls-')).length === servers,
            600_000,
            500,
          )
          console.log(
            `${way.name}: ${groupCount} groups of ${size} after ${((performance.now() - startMs) / 1000).toFixed(0)} s`,
          )
          await sleep(Math.max(2 * intervalMs, earlyMs - (performance.now() - way.openedMs)))
          rows.push(await measure(way, groups, { size, rounds }))
          loads.push(load())
        } finally {
          await Promise.all(groups.map(({ web }) => web.stop()))
          await Promise.all(groups.map(({ backend }) => backend.close()))
        }
      }
    }
  } finally {
    const groups = await startGroups(first, Math.max(...steps.map(([count]) => count)), 0)
    await Promise.all(groups.map(({ web }) => web.stop({ terminate: true })))
    await Promise.all(ways.map(({ cloud }) => cloud.close()))
  }
  printTable(
    `A tick of a group, interval ${intervalMs} ms, ${rounds} ticks of each; load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`,
    [
      'list',
      'groups',
      'servers',
      'calls a tick of one group',
      'calls an interval',
      'KB an interval',
      'tick ms, median',
      'controller CPU ms a tick',
      'calls',
    ],
    rows,
  )
}

/** @returns {Way[]} a connection for each way to list that this version has */
function openWays() {
  /** @type {Record<string, Record<string, unknown>>} */
  const all = { 'in full': { fullListMs: 0 }, 'changes in between': {} }
  try {
    return Object.entries(all).map(([name, options]) => open(name, options))
  } catch {
    // It has no option for it: each list is in full.
    return [open('in full', {})]
  }
}

/**
 * @param {string} name
 * @param {OpenStackCloudOptions} options
 * @returns {Way}
 */
const open = (name, options) => ({ name, openedMs: performance.now(), ...countedCloud(options) })

/**
 * @param {Way} way
 * @param {number} count
 * @param {number} size
 */
async function startGroups({ cloud }, count, size) {
  const groups = Array.from({ length: count }, (_, index) =>
    groupOf({ group: `calls-${index}`, min: 0, max: 200, intervalMs }, { ...fakeTemplate, cloud }),
  )
  for (const { web } of groups) {
    await web.start()
    await web.pause('scaling')
    await web.setDesired(size)
    // They tick at moments of their own, spread over the interval.
    await sleep(intervalMs / count)
  }
  return groups
}

/**
 * @param {Way} way
 * @param {readonly ReturnType<typeof groupOf>[]} groups
 * @param {{ size: number, rounds: number }} given
 */
async function measure({ name, log }, groups, { size, rounds }) {
  /** @type {number[]} */
  const tickMs = []
  const offs = groups.map(({ web }) => web.on('tick', ({ durationMs }) => void tickMs.push(durationMs)))
  log.reset()
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  await sleep(rounds * intervalMs)
  const { user, system } = process.cpuUsage(cpu)
  const intervals = (performance.now() - startMs) / intervalMs
  for (const off of offs) off()
  return [
    name,
    groups.length,
    groups.length * size,
    (log.calls / tickMs.length).toFixed(2),
    (log.calls / intervals).toFixed(2),
    (log.bytes / 1024 / intervals).toFixed(0),
    median(tickMs).toFixed(0),
    ((user + system) / 1000 / tickMs.length).toFixed(1),
    log.text(),
  ]
}
