import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Autoscaler,
  adaptive,
  decisionLog,
  decisionLogFile,
  silentLogger,
  targetTracking,
} from '@flotilla/core'
import { fakeBackend } from '@flotilla/core/testing'
import { median } from './stats.js'
import { printTable } from './table.js'

const size = 10
const intervalMs = 15_000
const rounds = 15
const ticksPerRound = 200

/** What each tick of a group costs with a log, a file and shadows, side by side with the same group without. */
export async function measureLogged() {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-bench-'))
  const files = [0, 1].map((index) => decisionLogFile({ path: join(directory, `${index}.jsonl`) }))
  const tracking = () => targetTracking({ metric: 'cpu', target: 0.7 })
  const variants = [
    variant('as it is', {}),
    variant('decisionLog', { log: decisionLog() }),
    variant('decisionLogFile', { log: files[0] }),
    variant('1 shadow, targetTracking', { shadow: { a: tracking() } }),
    variant('1 shadow, adaptive', { shadow: { a: adaptive() } }),
    variant('4 shadows, targetTracking', {
      shadow: { a: tracking(), b: tracking(), c: tracking(), d: tracking() },
    }),
    variant('both logs, 1 shadow, adaptive', {
      log: [decisionLog(), ...files.slice(1)],
      shadow: { a: adaptive() },
    }),
  ]
  try {
    // The first ticks launch and settle. Rounds are interleaved, so that what else the machine does meets all alike.
    for (const { group, time } of variants) {
      for (let tick = 0; tick < 50; tick += 1, time.ms += intervalMs) await group.tick()
    }
    for (let round = 0; round < rounds; round += 1) for (const one of variants) await measureRound(one)
  } finally {
    for (const { group } of variants) await group.stop()
    for (const file of files) await file.close()
    rmSync(directory, { recursive: true, force: true })
  }
  const plain = variants[0]
  printTable(
    `A tick of a group of ${size} on the in-memory backend, all that it decides logged`,
    ['with', 'ns/tick', 'ns more', 'CPU ns/tick, all threads', 'CPU ns more'],
    variants.map(({ name, wall, cpu }) => [
      name,
      median(wall).toFixed(0),
      moreThan(plain?.wall ?? [], wall),
      median(cpu).toFixed(0),
      moreThan(plain?.cpu ?? [], cpu),
    ]),
  )
  await measureCalls(variants[4]?.group.decisions().at(-1))
}

/**
 * By round, as a round and the one beside it meet the same machine.
 *
 * @param {readonly number[]} plain
 * @param {readonly number[]} values
 */
const moreThan = (plain, values) =>
  median(values.map((value, round) => value - (plain[round] ?? Number.NaN))).toFixed(0)

/**
 * What the single calls of a full log of 1000 decisions cost, as a group's loop waits for them.
 *
 * @param {import('@flotilla/core').DecisionTrace | undefined} sample
 */
async function measureCalls(sample) {
  if (sample === undefined) return
  const log = decisionLog()
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-bench-'))
  const file = decisionLogFile({ path: join(directory, 'calls.jsonl') })
  const at = (/** @type {number} */ tick) => sample.at + tick * intervalMs
  const last = at(20_000)
  const happened = { at: sample.at, what: 'web-1 launching -> in-service: it passed its probe' }
  const calls = [
    timed('log.record', 20_000, (tick) => log.record({ ...sample, at: at(tick) })),
    timed('log.note', 40, () => log.note('web', happened)),
    timed('log.find, blocked by any, of 1000', 200, () => log.find({ blockedBy: 'any' })),
    timed('log.explain, the latest', 2000, () => log.explain(last, 'web')),
    timed('log.explain, the oldest of 1000', 2000, () => log.explain(at(19_010), 'web')),
    timed('file.record', 1000, (tick) => file.record({ ...sample, at: at(tick) })),
    timed('file.note', 1000, () => file.note('web', happened)),
  ]
  await file.close()
  rmSync(directory, { recursive: true, force: true })
  printTable(
    `Single calls, with a trace of ${JSON.stringify(sample).length} bytes with its shadow`,
    ['call', 'ns'],
    calls,
  )
}

/**
 * @param {string} name
 * @param {number} count
 * @param {(tick: number) => unknown} call
 * @returns {readonly [string, string]}
 */
function timed(name, count, call) {
  const start = performance.now()
  for (let tick = 0; tick < count; tick += 1) call(tick)
  return [name, ((1e6 * (performance.now() - start)) / count).toFixed(0)]
}

/**
 * @typedef {{ name: string, group: Autoscaler, time: { ms: number }, wall: number[], cpu: number[] }} Variant
 * @param {string} name
 * @param {Partial<import('@flotilla/core').AutoscalerOptions>} options
 * @returns {Variant}
 */
function variant(name, options) {
  const time = { ms: 0 }
  const clock = tickingClock(time)
  const group = new Autoscaler({
    group: 'web',
    min: size,
    max: 2 * size,
    backend: fakeBackend({ clock }),
    clock,
    intervalMs,
    policy: targetTracking({ metric: 'cpu', target: 0.5 }),
    logger: silentLogger,
    ...options,
  })
  return { name, group, time, wall: [], cpu: [] }
}

/**
 * A clock that moves by an interval from tick to tick, so that windows hold what they would hold, and whose bounds never
 * pass.
 *
 * @param {{ ms: number }} time
 * @returns {import('@flotilla/core').Clock}
 */
function tickingClock(time) {
  return {
    now: () => 1_767_225_600_000 + time.ms,
    monotonic: () => time.ms,
    sleep: (_, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
  }
}

/** @param {Variant} one */
async function measureRound({ group, time, wall, cpu }) {
  const before = process.cpuUsage()
  const start = performance.now()
  for (let tick = 0; tick < ticksPerRound; tick += 1, time.ms += intervalMs) await group.tick()
  wall.push((1e6 * (performance.now() - start)) / ticksPerRound)
  const { user, system } = process.cpuUsage(before)
  cpu.push((1000 * (user + system)) / ticksPerRound)
}
