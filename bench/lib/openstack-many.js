import { countedCloud, fakeTemplate, groupOf, load, serversNamed, setKnobs } from './openstack-group.js'
import { collect } from '@flotilla/openstack-client'
import { printTable } from './table.js'
import { until } from './until.js'

/** @import { AutoscalerOptions } from '@flotilla/core' */
/** @import { OpenStackOptions } from '@flotilla/backend-openstack' */
/** @import { Knobs } from '../../labs/openstack/knobs.js' */
/** @import { Cloud } from '@flotilla/openstack-client' */

const group = 'many'
const failRate = 0.1
/** @type {Knobs} */
const delays = { build_delay: [1, 8], delete_delay: [0.2, 2] }
const outMs = 1_500_000
const settleMs = 30_000

/** @typedef {{ knobs: Knobs, template?: Partial<OpenStackOptions>, options?: Partial<AutoscalerOptions> }} Case */

/**
 * A group to many servers and back to none, on hosts that take their time and fail.
 *
 * @param {{ isQuick: boolean, only: string | undefined }} given - `only`: a part of the names of cases
 */
export async function many({ isQuick, only }) {
  const size = isQuick ? 12 : 200
  const failing = { ...delays, fail_rate: failRate }
  const parallel = { launch: { parallel: 20 } }
  /** @type {Record<string, Case>} */
  const cases = {
    'no failures': { knobs: delays },
    '10 % abort': { knobs: { ...failing, fail_mode: 'abort' } },
    '10 % abort, 20 launches at a time': { knobs: { ...failing, fail_mode: 'abort' }, options: parallel },
    '10 % are built elsewhere': { knobs: { ...failing, fail_mode: 'reschedule' } },
    '10 % are built elsewhere, two zones': {
      knobs: { ...failing, fail_mode: 'reschedule' },
      template: { zones: ['az1', 'az2'] },
    },
    '10 % abort, with a port each': {
      knobs: { ...failing, fail_mode: 'abort' },
      template: { networks: [{ network: 'lab-net' }], port: 80 },
    },
  }
  const rows = []
  for (const [name, of] of Object.entries(cases)) {
    if (only !== undefined && !name.includes(only)) continue
    console.log(`${size} servers: ${name}`)
    rows.push(await outAndIn(name, size, of))
    console.log(`  ${rows.at(-1)?.join(' | ')}`)
  }
  printTable(
    `To ${size} servers and back to none`,
    [
      'builds',
      's to the size',
      's to none',
      'servers made',
      'failed',
      'backoff: waits, longest s',
      'calls out',
      'calls in',
      'controller CPU s',
      'ends right',
      'load average',
    ],
    rows,
  )
}

/**
 * @param {string} name
 * @param {number} size
 * @param {Case} given
 */
async function outAndIn(name, size, { knobs, template = {}, options = {} }) {
  const { cloud, log } = countedCloud()
  const { client } = cloud
  const strangers = await addStrangers(client)
  const { web, backend, inService } = groupOf(
    { group, min: 0, max: size + 50, ...options },
    { ...fakeTemplate, ...template, cloud },
  )
  /** @type {Map<string, number>} */
  const problems = new Map()
  web.on('problem', ({ kind, message }) => {
    const text = `${kind}: ${message.replaceAll(/[0-9a-f-]{36}|many-[0-9a-z-]+/g, '…')}`
    problems.set(text, (problems.get(text) ?? 0) + 1)
  })
  /** @type {number[]} */
  const waits = []
  web.on('backoff', ({ until: untilMs }) => void waits.push((untilMs - Date.now()) / 1000))
  /** @type {Set<string>} */
  const made = new Set()
  const failed = new Set()
  web.on('instance', ({ instance, to }) => {
    made.add(instance.id)
    if (to === 'failed') failed.add(instance.id)
  })
  let lastSecond = 0
  const watch = (/** @type {number} */ startMs) => {
    const second = Math.floor((performance.now() - startMs) / 1000)
    if (second < lastSecond + 30) return
    lastSecond = second
    console.log(
      `  ${second} s: ${inService()} in service, ${web.status().instances.length} there, ${failed.size} failed, load ${load().toFixed(1)}`,
    )
  }
  const cpu = process.cpuUsage()
  /** @type {string[]} */
  const wrong = []
  try {
    setKnobs(knobs)
    await web.start()
    await web.pause('scaling')
    log.reset()
    const outStartMs = performance.now()
    await web.setDesired(size)
    await until(() => {
      watch(outStartMs)
      return inService() === size && web.status().instances.length === size
    }, outMs)
    const outS = (performance.now() - outStartMs) / 1000
    const outCalls = log.calls
    console.log(`  out: ${log.text()}`)
    const there = await serversNamed(client, `${group}-`)
    const active = there.filter(({ status }) => status === 'ACTIVE')
    if (there.length !== size || active.length !== size)
      wrong.push(`Nova has ${there.length}, ${active.length} of them ACTIVE`)
    log.reset()
    lastSecond = 0
    const inStartMs = performance.now()
    await web.setDesired(0)
    await until(() => {
      watch(inStartMs)
      return web.status().instances.length === 0
    }, outMs)
    const inS = (performance.now() - inStartMs) / 1000
    console.log(`  in: ${log.text()}`)
    const inCalls = log.calls
    // A server is gone from the list before its port is removed.
    const left = async () => leftOver(client, { made, strangers })
    await until(async () => (await left()).length === 0, settleMs, 500).catch(() => undefined)
    wrong.push(...(await left()))
    const { user, system } = process.cpuUsage(cpu)
    for (const [text, count] of problems) console.log(`  ${count} x ${text}`)
    return [
      name,
      outS.toFixed(0),
      inS.toFixed(0),
      made.size,
      failed.size,
      waits.length === 0 ? '0' : `${waits.length}, ${Math.max(...waits).toFixed(0)}`,
      outCalls,
      inCalls,
      ((user + system) / 1e6).toFixed(1),
      wrong.length === 0 ? 'yes' : `NO: ${wrong.join('; ')}`,
      load().toFixed(1),
    ]
  } finally {
    setKnobs(undefined)
    await web.stop({ terminate: true })
    await backend.close()
    for (const id of strangers) {
      await client.compute.servers.delete(id)
      await client.compute.servers.waitUntilGone(id)
    }
    await cloud.close()
  }
}

/**
 * Servers of others that look like the group's: one with our tag and no label, one of a group of the same name in another
 * scope.
 *
 * @param {Cloud} client
 * @returns {Promise<readonly string[]>} their ids
 */
async function addStrangers({ compute, image }) {
  const flavor = await compute.flavors.find(fakeTemplate.flavor)
  const golden = await image.find(fakeTemplate.image)
  const ids = []
  for (const metadata of [
    {},
    { 'flotilla.group': group, 'flotilla.token': 'theirs', 'flotilla.scope': 'theirs' },
  ]) {
    const { id } = await compute.servers.create({
      name: 'stranger-many',
      flavorId: flavor?.id ?? '',
      imageId: golden?.id ?? '',
      networks: 'none',
      tags: ['flotilla'],
      metadata,
    })
    await compute.servers.waitFor(id, 'ACTIVE')
    ids.push(id)
  }
  return ids
}

/**
 * What the group has left, and what it has done to others.
 *
 * @param {Cloud} client
 * @param {{ made: ReadonlySet<string>, strangers: readonly string[] }} given - ids of servers
 */
async function leftOver(client, { made, strangers }) {
  const servers = await serversNamed(client, `${group}-`)
  const ports = (await collect(client.network.ports.list())).filter(
    ({ name, deviceId }) => name?.startsWith(`flotilla.${group}.`) || made.has(deviceId ?? ''),
  )
  const theirs = await serversNamed(client, 'stranger-')
  const untouched = theirs.filter(({ id, status }) => strangers.includes(id) && status === 'ACTIVE')
  return [
    ...(servers.length > 0 ? [`${servers.length} servers are left`] : []),
    ...(ports.length > 0 ? [`${ports.length} ports are left`] : []),
    ...(untouched.length < strangers.length ? ['a stranger was touched'] : []),
  ]
}
