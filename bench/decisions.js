import { Autoscaler, behaviorDefaults, decide, silentLogger, targetTracking } from '@flotilla/core'
import { fakeBackend } from '@flotilla/core/testing'
import { measureLogged } from './lib/decisions-logged.js'
import { median } from './lib/stats.js'
import { printTable } from './lib/table.js'

const intervalMs = 15_000
const shapes = [
  { groupCount: 1, size: 10 },
  { groupCount: 10, size: 10 },
  { groupCount: 100, size: 10 },
  { groupCount: 1000, size: 10 },
  { groupCount: 10_000, size: 10 },
  { groupCount: 100, size: 100 },
  { groupCount: 100, size: 1000 },
]

/**
 * What a decision costs in time and memory, over groups and instances, what logs and shadows add to a tick, and what a
 * thousand idle groups cost.
 */
export async function run() {
  const rows = shapes.map(measureDecisions)
  const [one] = rows
  const costOf = (/** @type {number} */ groupCount, /** @type {number} */ size) =>
    rows.find((row) => row.groupCount === groupCount && row.size === size)?.microseconds ?? NaN
  printTable(
    'One decision: target tracking on CPU, HPA damping, a trace each',
    [
      'groups',
      'instances each',
      'us/decision',
      'x of 1x10',
      'ns/instance',
      'state bytes/group',
      'trace bytes',
    ],
    rows.map(({ groupCount, size, microseconds, stateBytes, traceBytes }) => [
      groupCount,
      size,
      microseconds.toFixed(1),
      (microseconds / (one?.microseconds ?? NaN)).toFixed(2),
      ((1000 * microseconds) / size).toFixed(0),
      stateBytes,
      traceBytes,
    ]),
  )
  console.log(
    `flat in groups: 10,000 x 10 costs ${ratio(costOf(10_000, 10), costOf(100, 10))} x 100 x 10 a decision`,
  )
  console.log(
    `linear in instances: 100 x 1,000 costs ${ratio(costOf(100, 1000), costOf(100, 100))} x 100 x 100`,
  )
  await measureLogged()
  await measureIdleGroups()
}

const ratio = (/** @type {number} */ a, /** @type {number} */ b) => (a / b).toFixed(2)

/**
 * Ticks of every group in turn, as a controller of many groups makes them, until the damping windows are full.
 *
 * @param {{ groupCount: number, size: number }} shape
 */
function measureDecisions({ groupCount, size }) {
  const options = {
    min: 1,
    max: 2 * size,
    policies: [targetTracking({ metric: 'cpu', target: 0.5 })],
    behavior: behaviorDefaults,
    missing: new Map(),
  }
  const instances = Array.from({ length: size }, (_, index) => instance(`i${index}`))
  /** @type {(import('@flotilla/core').DecisionState | undefined)[]} */
  const states = Array.from({ length: groupCount })
  let traceBytes = 0
  const round = (/** @type {number} */ tick) => {
    const at = 1_767_225_600_000 + tick * intervalMs
    const cpu = 0.5 + 0.2 * Math.sin(tick)
    /** @type {import('@flotilla/core').Reading[]} */
    const readings = instances.map(({ id }) => ({
      kind: 'value',
      name: 'cpu',
      unit: 'ratio',
      at,
      instanceId: id,
      value: cpu,
    }))
    for (let group = 0; group < groupCount; group += 1) {
      const decision = decide(
        options,
        states[group],
        { group: 'web', at, desired: size, instances },
        readings,
      )
      states[group] = decision.state
      if (group === 0) traceBytes = JSON.stringify(decision.trace).length
    }
  }
  const warmUpRounds = Math.max(20, Math.ceil(2000 / groupCount))
  for (let tick = 0; tick < warmUpRounds; tick += 1) round(tick)
  const times = Array.from({ length: 9 }, (_, sample) => {
    const roundCount = Math.max(1, Math.ceil(20_000 / (groupCount * Math.sqrt(size))))
    const start = performance.now()
    for (let turn = 0; turn < roundCount; turn += 1) round(warmUpRounds + sample * roundCount + turn)
    return (1000 * (performance.now() - start)) / (roundCount * groupCount)
  })
  return {
    groupCount,
    size,
    microseconds: median(times),
    stateBytes: JSON.stringify(states[0]).length,
    traceBytes,
  }
}

async function measureIdleGroups() {
  const groupCount = 1000
  const size = 10
  const backend = fakeBackend()
  const groups = Array.from(
    { length: groupCount },
    (_, index) => new Autoscaler({ group: `g${index}`, min: size, max: 20, backend, logger: silentLogger }),
  )
  // The first two ticks launch and settle; those after them find nothing to do.
  for (let tick = 0; tick < 3; tick += 1) for (const group of groups) await group.tick()
  const before = process.cpuUsage()
  const rounds = 5
  for (let round = 0; round < rounds; round += 1) for (const group of groups) await group.tick()
  const { user, system } = process.cpuUsage(before)
  const cpuMs = (user + system) / 1000 / rounds
  printTable(
    `A tick of ${groupCount} idle groups of ${size} on the in-memory backend`,
    ['CPU ms/round', 'ms/group', `% of one core at ${intervalMs / 1000} s`, 'bar', 'heap MB'],
    [
      [
        cpuMs.toFixed(0),
        (cpuMs / groupCount).toFixed(2),
        ((100 * cpuMs) / intervalMs).toFixed(1),
        '< 10',
        (process.memoryUsage().heapUsed / 2 ** 20).toFixed(0),
      ],
    ],
  )
  await Promise.all(groups.map((group) => group.stop()))
}

/**
 * @param {string} id
 * @returns {import('@flotilla/core').TrackedInstance}
 */
function instance(id) {
  return {
    id,
    group: 'web',
    token: id,
    name: id,
    status: 'running',
    createdAt: 0,
    state: 'in-service',
    stateSince: 0,
    isProtected: false,
  }
}
