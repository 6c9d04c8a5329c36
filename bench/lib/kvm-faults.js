import { fork } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kvm } from '@flotilla/backend-kvm'
import { sh } from '../../labs/lib/sh.js'
import { printFaults, runFaults } from './faults.js'
import { comesTo, endController, killController, withStore } from './forked-controller.js'
import { define, domainXml, golden, images, linkedClone, removeBare, virsh } from './kvm-bare.js'
import { tinyTemplate } from './kvm-group.js'
import {
  addStranger,
  contents,
  killDaemon,
  killQemu,
  mainHost,
  removeStranger,
  sized,
  withGroup,
} from './kvm-faults-group.js'
import { blank, makeBlank } from './kvm-tiny.js'
import { until } from './until.js'

/** @import { KvmOptions } from '@flotilla/backend-kvm' */
/** @import { Case, Outcome } from './faults.js' */

/** What a launch that died half way has made counts as coming for two minutes: it may be another controller's. */
const deadLaunchMs = 200_000
/** Time in which what is left over must have been swept, at most. */
const sweepMs = 30_000

/**
 * Whether a group comes to its size after each fault, what was said of it, and what is left.
 *
 * @param {{ isQuick: boolean, only: string | undefined }} given
 */
export async function faults({ isQuick, only }) {
  const kills = isQuick ? 8 : 50
  /** @type {Case[]} */
  const cases = [
    ['libvirtd killed in mid-launch, back after 2 s', daemonKilled],
    ['QEMU killed', qemuKilled],
    ['machine destroyed by somebody', destroyed],
    ['guest panics', () => inGuest('crash')],
    ['guest powers itself off', () => inGuest('poweroff')],
    ['golden image missing', goldenMissing],
    ['golden image removed later', goldenRemoved],
    ['wrong backing format', wrongFormat],
    ['pool full, later not', poolFull],
    ['network inactive, later active', networkInactive],
    ['host out of memory', outOfMemory],
    ["name taken by a stranger's domain", nameTaken],
    [`controller killed -9 at ${kills} random moments`, () => controllerKilled(kills)],
  ]
  await makeBlank()
  const before = await addStranger()
  let rows
  try {
    rows = await runFaults(cases, { only, contents, before, sweepMs })
  } finally {
    await removeStranger()
  }
  printFaults(rows)
}

const daemonKilled = () =>
  withGroup(async (group) => {
    await group.web.setDesired(5)
    await sleep(200)
    await killDaemon()
    const startMs = performance.now()
    await sized(group, 5, deadLaunchMs)
    return `all 5 in service ${((performance.now() - startMs) / 1000).toFixed(1)} s after it was let back`
  })

const qemuKilled = () => replaced((name) => killQemu(name))
const destroyed = () => replaced((name) => virsh('destroy', name))

/**
 * @param {(name: string) => unknown} end
 * @returns {Promise<Outcome>}
 */
const replaced = (end) =>
  withGroup(async (group) => {
    const [victim] = group.web.status().instances
    const startMs = performance.now()
    await end(victim?.name ?? '')
    await until(() => !group.web.status().instances.some(({ id }) => id === victim?.id))
    const goneMs = performance.now() - startMs
    await sized(group, 2)
    return `removed after ${goneMs.toFixed(0)} ms, replaced after ${(performance.now() - startMs).toFixed(0)} ms`
  })

/** @param {string} page - of the guest, that ends it */
const inGuest = (page) =>
  withGroup(
    async (group) => {
      const [victim] = group.web.status().instances
      const startMs = performance.now()
      await fetch(`http://${victim?.address?.host}/cgi-bin/${page}`, { signal: AbortSignal.timeout(5000) })
      await until(() => !group.web.status().instances.some(({ id }) => id === victim?.id))
      const goneMs = performance.now() - startMs
      await sized(group, 1)
      return `removed after ${goneMs.toFixed(0)} ms, replaced after ${((performance.now() - startMs) / 1000).toFixed(1)} s`
    },
    { isReal: true, size: 1 },
  )

/**
 * Launches that cannot succeed: tried again with backoff, and nothing piles up.
 *
 * @param {Partial<KvmOptions>} given
 * @returns {Promise<Outcome>}
 */
const fruitless = (given) =>
  withGroup(
    async (group) => {
      let failures = 0
      let most = 0
      group.web.on('backoff', (event) => (failures = Math.max(failures, event.failures)))
      await group.web.setDesired(2)
      for (let second = 0; second < 6; second += 1) {
        await sleep(1000)
        const names = await contents()
        most = Math.max(most, names.domains.length - 1)
      }
      if (group.inService() > 0) throw new Error('a machine came into service')
      return `${failures} failures in 6 s, at most ${most} machines`
    },
    { given, size: 0 },
  )

const goldenMissing = () => fruitless({ golden: { pool: 'flotilla', volume: 'nosuch.qcow2' } })
const wrongFormat = () => fruitless({ golden: { path: golden, format: 'raw' }, pool: 'flotilla' })
const outOfMemory = () => fruitless({ memoryMib: 200 * 1024 })

async function goldenRemoved() {
  const copy = join(images, 'vanishing.qcow2')
  copyFileSync(blank, copy)
  await virsh('pool-refresh', 'flotilla')
  try {
    return await withGroup(
      async (group) => {
        rmSync(copy)
        await group.web.setDesired(4)
        await sleep(3000)
        const [kept, { desired }] = [group.inService(), group.web.status()]
        copyFileSync(blank, copy)
        await virsh('pool-refresh', 'flotilla')
        await sized(group, 4)
        return `${kept} of ${desired} served while it was away; all 4 once it was back`
      },
      { given: { golden: { pool: 'flotilla', volume: 'vanishing.qcow2' } } },
    )
  } finally {
    rmSync(copy, { force: true })
  }
}

async function poolFull() {
  const path = join(images, 'small')
  // Where libvirtd has its mounts.
  const keeper = readFileSync(mainHost().keeperPidFile, 'utf8').trim()
  const inside = (/** @type {string[]} */ ...command) =>
    sh('nsenter', ['--mount', '--target', keeper, ...command])
  await inside('mkdir', '-p', path)
  await inside('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path)
  try {
    await virsh('pool-create-as', 'small', 'dir', '--target', path)
    return await withGroup(
      async (group) => {
        await group.web.setDesired(8)
        await sleep(5000)
        const kept = group.inService()
        await inside('mount', '-o', 'remount,size=16m', path)
        await sized(group, 8)
        return `${kept} of 8 in 1 MiB; 8 once there was room`
      },
      { given: { pool: 'small' } },
    )
  } finally {
    const files = (await inside('ls', path)).split('\n').filter(Boolean)
    await virsh('pool-destroy', 'small')
    await inside('umount', '-l', path)
    await inside('rmdir', path)
    if (files.length > 0) console.log(`  LEFT in the small pool: ${files.join(' ')}`)
  }
}

const networkInactive = () =>
  withGroup(async (group) => {
    await virsh('net-destroy', 'default')
    await group.web.setDesired(4)
    await sleep(4000)
    const kept = group.inService()
    await virsh('net-start', 'default')
    await sized(group, 4)
    return `${kept} served while it was down`
  })

async function nameTaken() {
  const name = 'flotilla.faults.taken'
  await linkedClone(name)
  await define(domainXml(name, { mac: '52:54:00:00:00:02', mib: 16 }))
  await virsh('start', name, '--paused')
  const backend = kvm(tinyTemplate)
  const signal = AbortSignal.timeout(30_000)
  try {
    const said = []
    try {
      await backend.launch({ group: 'faults', token: 'taken' }, { signal })
      throw new Error('the launch succeeded')
    } catch (error) {
      const { code = '?', message = '' } = /** @type {{ code?: string, message?: string }} */ (error)
      said.push(`${code}: ${message}`)
    }
    const { failed } = await backend.terminate('faults', ['taken'], { signal }).catch(() => ({ failed: [] }))
    const state = (await virsh('domstate', name)).trim()
    if (state !== 'paused') throw new Error(`the stranger is ${state}`)
    return { said, note: `the stranger is as it was; ${failed.length} refused to be ended` }
  } finally {
    await backend.close()
    await removeBare(name)
  }
}

/**
 * @param {number} kills
 * @returns {Promise<Outcome>}
 */
const controllerKilled = (kills) =>
  withStore(async (directory) => {
    const start = (/** @type {number[]} */ ...size) =>
      fork(new URL('kvm-controller.js', import.meta.url), [directory, ...size.map(String)])
    const before = (await contents()).domains
    const ours = async () => (await contents()).domains.filter((name) => !before.includes(name))
    /** @type {Set<string>} */
    const seen = new Set()
    for (let kill = 0; kill < kills; kill += 1) {
      const child = start()
      await sleep(300 + 2700 * Math.random())
      await killController(child)
      for (const name of await ours()) seen.add(name)
    }
    const last = start(3)
    const startMs = performance.now()
    await comesTo(last, 3, deadLaunchMs)
    const tookMs = performance.now() - startMs
    await until(async () => (await ours()).length === 3, sweepMs)
    await until(async () => (await leftBeside(before)) === '3 3 3', sweepMs).catch(() => undefined)
    const beside = await leftBeside(before)
    await endController(last)
    const note = `${seen.size} machines seen; the last controller came to 3 in ${(tookMs / 1000).toFixed(1)} s; domains, files and entries at the end: ${beside}`
    if (beside !== '3 3 3') throw new Error(note)
    return { said: [], note }
  })

/** @param {readonly string[]} before - domains that are not the group's */
async function leftBeside(before) {
  const { domains, volumes, entries } = await contents()
  // Of strangers: a machine and a disk of nobody's, and one address.
  return [domains.length - before.length, volumes.length - 2, entries.length - 1].join(' ')
}
