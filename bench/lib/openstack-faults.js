import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { openstackCloud } from '@flotilla/backend-openstack'
import { difference, printFaults, runFaults } from './faults.js'
import { comesTo, endController, killController, withStore } from './forked-controller.js'
import { isCreate, isDelete, openFaultProxy } from './openstack-fault-proxy.js'
import { addStranger, cloudName, contents, outage, sized, withGroup } from './openstack-faults-group.js'
import { setKnobs } from './openstack-group.js'
import { until } from './until.js'

/** @import { Cloud } from '@flotilla/openstack-client' */
/** @import { Case, Outcome } from './faults.js' */
/** @import { FaultGroup } from './openstack-faults-group.js' */
/** @import { Fate } from './openstack-fault-proxy.js' */

/** Time in which what a dead launch has left must have been swept: it is left alone for five minutes. */
const sweepMs = 420_000
/** Time in which a controller comes to its size, at most. */
const comesMs = 300_000

/**
 * Whether a group comes to its size after each fault, what was said of it, and what is left.
 *
 * @param {{ isQuick: boolean, only: string | undefined }} given
 */
export async function faults({ isQuick, only }) {
  const kills = isQuick ? 8 : 50
  /** @type {Case[]} */
  const cases = [
    ['token refused in mid-scale', tokenRefused],
    ['Keystone down at the start, back after 10 s', keystoneDown],
    ['Nova killed in mid-launch, back after 5 s', novaKilled],
    [
      'a third of the calls answered with 500',
      () => proxied(() => (Math.random() < 0.33 ? 'error' : 'pass')),
    ],
    [
      'a third of the calls cut before Nova gets them',
      () => proxied(() => (Math.random() < 0.33 ? 'cut-before' : 'pass')),
    ],
    ['replies to two of three creates and deletes lost', repliesLost],
    ['quota full', quotaFull],
    ['no valid host', noValidHost],
    ['servers stuck in BUILD', stuckInBuild],
    ['server deleted by somebody', deleted],
    ['clock an hour behind', () => skewed(-3_600_000)],
    ['clock an hour ahead', () => skewed(3_600_000)],
    [`controller killed -9 at ${kills} random moments`, () => controllerKilled(kills)],
  ]
  const cloud = openstackCloud({ cloud: cloudName })
  const removeStranger = await addStranger(cloud.client)
  const before = await contents(cloud.client)
  let rows
  try {
    rows = await runFaults(cases, {
      only,
      contents: async () => contents(cloud.client),
      before,
      sweepMs: 60_000,
      everyMs: 500,
      shortened,
      restore: () => setKnobs(undefined),
    })
  } finally {
    await removeStranger()
    await cloud.close()
  }
  printFaults(rows)
}

/** @param {string} said */
const shortened = (said) =>
  said.replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'ID').slice(0, 160)

/**
 * Grows from two to five and comes back with the proxy in between.
 *
 * @param {(method: string, path: string) => Fate} fate
 * @returns {Promise<Outcome>}
 */
async function proxied(fate) {
  const front = await openFaultProxy()
  try {
    return await withGroup(
      async (group) => {
        front.decide(fate)
        const out = await sizedBehind(group, 5)
        const back = await sizedBehind(group, 1)
        front.decide(() => 'pass')
        const counts = Object.entries(front.counts).filter(([, count]) => count > 0)
        return `5 after ${out} s, 1 after ${back} s; ${counts.map(([what, count]) => `${what} ${count}`).join(', ')}`
      },
      { cloud: { endpoints: { compute: front.url } } },
    )
  } finally {
    await front.close()
  }

  /**
   * The question whether Nova agrees must not go through the faults.
   *
   * @param {FaultGroup} group
   * @param {number} size
   */
  async function sizedBehind(group, size) {
    const direct = openstackCloud({ cloud: cloudName })
    try {
      return await sized({ ...group, client: direct.client }, size)
    } finally {
      await direct.close()
    }
  }
}

async function tokenRefused() {
  let left = 3
  return proxied((method, path) =>
    (isCreate(method, path) || isDelete(method, path) || left % 2 === 0) && left-- > 0 ? 'bad-token' : 'pass',
  )
}

async function repliesLost() {
  let count = 0
  return proxied((method, path) => {
    if (!isCreate(method, path) && !isDelete(method, path)) return 'pass'
    count += 1
    return count % 3 === 0 ? 'pass' : 'cut-after'
  })
}

const keystoneDown = async () => {
  const back = outage('keystone', 10_000)
  // It has no token yet.
  await sleep(1000)
  const outcome = await withGroup(
    async (group) => `3 in service ${await sized(group, 3)} s after they were asked for`,
    { size: 0 },
  )
  await back
  return outcome
}

const novaKilled = () =>
  withGroup(async (group) => {
    const [kept] = group.web.status().instances
    await group.web.setDesired(5)
    await sleep(500)
    await outage('nova-api', 5000)
    const seconds = await sized(group, 5)
    if (!group.web.status().instances.some(({ id }) => id === kept?.id))
      throw new Error('one that served was replaced')
    return `all 5 in service ${seconds} s after it was back`
  })

const quotaFull = () =>
  withGroup(
    async (group) => {
      await group.web.setDesired(6)
      await until(() => group.inService() === 3)
      const { failures } = await failuresOver(group, 6000)
      return `3 of 6 in service, ${failures} failures in 6 s; down to 1 in ${await sized(group, 1)} s`
    },
    { cloud: { cloud: `${cloudName}-small` }, given: { networks: [] }, size: 0 },
  )

const noValidHost = () =>
  withGroup(
    async (group) => {
      await group.web.setDesired(4)
      await until(() => group.inService() === 2)
      const { failures, most } = await failuresOver(group, 15_000)
      return `2 of 4 in service, ${failures} failures in 15 s, at most ${most} machines; down to 1 in ${await sized(group, 1)} s`
    },
    { given: { flavor: 't1.tiny' }, size: 0 },
  )

/**
 * @param {FaultGroup} group
 * @param {number} ms
 */
async function failuresOver(group, ms) {
  let failures = 0
  let most = 0
  const off = group.web.on('backoff', () => void (failures += 1))
  for (let waitedMs = 0; waitedMs < ms; waitedMs += 500) {
    await sleep(500)
    most = Math.max(most, group.web.status().instances.length)
  }
  off()
  return { failures, most }
}

const stuckInBuild = () =>
  withGroup(
    async (group) => {
      setKnobs({ build_delay: [60, 60] })
      await group.web.setDesired(4)
      await sleep(12_000)
      setKnobs(undefined)
      return `4 in service ${await sized(group, 4)} s after builds were quick again`
    },
    { given: { buildTimeoutMs: 8000 } },
  )

const deleted = () =>
  withGroup(async (group) => {
    const [victim] = group.web.status().instances
    const startMs = performance.now()
    await group.client.compute.servers.delete(victim?.id ?? '')
    await until(() => !group.web.status().instances.some(({ id }) => id === victim?.id))
    const goneMs = performance.now() - startMs
    await sized(group, 2)
    return `seen after ${goneMs.toFixed(0)} ms, replaced after ${((performance.now() - startMs) / 1000).toFixed(1)} s`
  })

/**
 * @param {number} skewMs
 * @returns {Promise<Outcome>}
 */
const skewed = (skewMs) =>
  withStore(async (directory) => {
    const startMs = performance.now()
    const child = startController(directory, skewMs, 3)
    await comesTo(child, 3, comesMs)
    const note = `3 in service after ${((performance.now() - startMs) / 1000).toFixed(1)} s`
    // Long enough for what is old or new to be taken for the other.
    await sleep(10_000)
    await comesTo(child, 3, comesMs)
    await endController(child)
    return { said: [], note }
  })

/**
 * @param {number} kills
 * @returns {Promise<Outcome>}
 */
const controllerKilled = (kills) =>
  withStore(async (directory) => {
    const cloud = openstackCloud({ cloud: cloudName })
    const { client } = cloud
    const before = await contents(client)
    const ours = async () => difference(before, await contents(client))
    /** @type {Set<string>} */
    const seen = new Set()
    for (let kill = 0; kill < kills; kill += 1) {
      const child = startController(directory)
      await sleep(500 + 5500 * Math.random())
      await killController(child)
      for (const one of await ours()) if (one.startsWith('servers')) seen.add(one)
    }
    const last = startController(directory, 0, 3)
    const startMs = performance.now()
    await comesTo(last, 3, comesMs)
    const tookMs = performance.now() - startMs
    const count = async (/** @type {string} */ kind) =>
      (await ours()).filter((one) => one.startsWith(kind)).length
    const isLevel = async () => (await count('servers')) === 3 && (await count('ports')) === 3
    await until(isLevel, sweepMs, 2000).catch(() => undefined)
    const beside = `${await count('servers')} servers and ${await count('ports')} ports`
    const sweptMs = performance.now() - startMs
    await endController(last)
    await cloud.close()
    const note = `${seen.size} servers seen; the last controller came to 3 in ${(tookMs / 1000).toFixed(1)} s; ${beside} after ${(sweptMs / 1000).toFixed(0)} s`
    if (beside !== '3 servers and 3 ports') throw new Error(note)
    return { said: [], note }
  })

/**
 * @param {string} directory
 * @param {readonly number[]} numbers - skew and size
 */
const startController = (directory, ...numbers) =>
  fork(new URL('openstack-controller.js', import.meta.url), [directory, ...numbers.map(String)])
