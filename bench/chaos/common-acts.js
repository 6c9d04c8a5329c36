import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../lib/until.js'
import { ControllerProcess } from './controller-process.js'

/** @import { Act, Stage, World } from './world.js' */

/**
 * What is done to any group: to its controller, its size and what it stores.
 *
 * @param {World} world
 * @returns {readonly Act[]}
 */
export function commonActs({ frontDiesWithController, scaleInExcusedMs = 0 }) {
  const away = frontDiesWithController ? 'front' : 0
  return [
    {
      name: 'kill -9 the controller',
      weight: 4,
      excusedMs: away,
      run: (stage) => restarted(stage, 'SIGKILL'),
    },
    { name: 'end the controller (SIGTERM)', excusedMs: away, run: (stage) => restarted(stage, 'SIGTERM') },
    { name: 'kill -9 the controller in mid-change', weight: 3, excusedMs: away, run: killedInChange },
    { name: 'suspend the controller', excusedMs: away, run: suspended },
    { name: 'start a second controller', weight: 2, run: secondRefused },
    { name: 'change the size', weight: 3, excusedMs: scaleInExcusedMs, run: resized },
    { name: 'damage the stored state', excusedMs: away, run: damaged },
    { name: 'lose the stored state', excusedMs: away, run: lost },
    { name: 'fill the disk of the store', excusedMs: scaleInExcusedMs, run: filled },
  ]
}

/**
 * @param {Stage} stage
 * @param {NodeJS.Signals} signal
 */
async function restarted({ controller }, signal) {
  await controller.kill(signal)
  controller.start()
  await controller.started()
}

/** @param {Stage} stage */
async function killedInChange(stage) {
  const { world, random, controller, want } = stage
  want(random.whole(1, world.max))
  const inMs = random.uniform() * 3 * world.intervalMs
  await sleep(inMs)
  await restarted(stage, 'SIGKILL')
  return `after ${Math.round(inMs)} ms at pid ${controller.pid}`
}

/** @param {Stage} stage */
async function suspended({ random, controller }) {
  const ms = random.whole(1000, 8000)
  controller.signal('SIGSTOP')
  await sleep(ms)
  controller.signal('SIGCONT')
  return `for ${ms} ms`
}

/** @param {Stage} stage */
async function secondRefused({ world, random, controller }) {
  const isOtherStore = random.uniform() < 0.5
  const store = isOtherStore
    ? join(world.directory, `store-of-second-${randomBytes(4).toString('hex')}`)
    : undefined
  const settings = store === undefined ? world.settings : { ...world.settings, store, isSecond: true }
  const second = new ControllerProcess({ ...world, settings: { ...settings, isSecond: true } }, () => {})
  second.start()
  try {
    await until(() => second.refusal !== undefined || second.hasStarted || !second.isRunning, 60_000)
    if (second.refusal === undefined) throw new Error('a second controller was not refused')
    if (!second.refusal.includes(String(controller.pid))) {
      throw new Error(`the refusal does not name process ${controller.pid}: ${second.refusal}`)
    }
    return second.refusal.slice(0, 200)
  } finally {
    await second.kill('SIGKILL')
    if (store !== undefined) rmSync(store, { recursive: true, force: true })
  }
}

/** @param {Stage} stage */
async function resized({ world, random, want }) {
  const count = random.whole(1, world.max)
  want(count)
  return String(count)
}

const stateFilesIn = (/** @type {string} */ directory) =>
  readdirSync(join(directory, 'store'))
    .filter((name) => /^[a-z0-9-]+\.json$/.test(name))
    .map((name) => join(directory, 'store', name))

/** @param {Stage} stage */
async function damaged({ world, random, controller }) {
  await controller.kill('SIGKILL')
  for (const file of stateFilesIn(world.directory)) {
    writeFileSync(file, random.uniform() < 0.5 ? '' : '{"format":"flotilla-state","version":99,')
  }
  controller.start()
  await controller.started()
}

/** @param {Stage} stage */
async function lost({ world, controller }) {
  await controller.kill('SIGKILL')
  for (const file of stateFilesIn(world.directory)) rmSync(file)
  controller.start()
  await controller.started()
}

/** @param {Stage} stage */
async function filled({ world, random, want }) {
  const directory = join(world.directory, 'store')
  mkdirSync(directory, { recursive: true })
  const filler = join(directory, 'filler')
  try {
    // It ends where the disk does.
    writeFileSync(filler, Buffer.alloc(64_000_000))
    return 'there was room for it: is the store on a disk of its own?'
  } catch {
    want(random.whole(1, world.max))
    await sleep(3 * world.intervalMs)
    return undefined
  } finally {
    rmSync(filler, { force: true })
  }
}
