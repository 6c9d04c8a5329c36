import {
  type DecideOptions,
  type DecisionState,
  type DecisionTrace,
  type MissingRule,
  decide,
} from '@flotilla/core'
import { behaviorFor, hasFailed } from '@flotilla/core/authoring'
import { Fleet } from '../layer/fleet.js'
import { newRandom } from '../random.js'
import { ElasticityMeter, type Scores } from '../score/scores.js'
import { Pool, type Tally } from '../service/pool.js'
import { quantileOf } from '../trace.js'
import { type Contender, policiesOf } from './contender.js'
import type { Scenario } from './scenario.js'
import { Sensor } from './sensor.js'
import { type Timeline, emptyTimeline } from './timeline.js'

/** Options of `replay()`. */
export interface ReplayOptions {
  /** By metric name; a metric without a rule holds. */
  readonly missing?: ReadonlyMap<string, MissingRule> | undefined
  /** Told of every decision, with the state that it leaves. */
  readonly onDecision?: ((trace: DecisionTrace, state: DecisionState) => void) | undefined
}

/** What came of one policy on one load. */
export interface Simulation {
  readonly name: string
  readonly timeline: Timeline
  readonly scores: Scores
  /** Median wall time of one decision, milliseconds; alone here in not being the same each time. */
  readonly decisionMs: number
}

/** Runs one policy through a scenario, on the `decide` that runs live. */
export function replay(scenario: Scenario, contender: Contender, options: ReplayOptions = {}): Simulation {
  const { rates, demand, layer, service, startAt, seed, intervalSeconds } = scenario
  const seconds = rates.length
  const group = 'simulated'
  const fleet = new Fleet({
    layer,
    group,
    startAt,
    random: newRandom(seed, 'starts'),
  })
  const pool = new Pool(service, seconds)
  const decideOptions = decideOptionsOf(scenario, contender, options)
  const sensor = new Sensor({
    sensing: scenario.sensing,
    pool,
    rates,
    serviceSeconds: service.serviceSeconds,
    startAt,
    random: newRandom(seed, 'noise'),
  })
  const timeline = emptyTimeline(Math.ceil(seconds / intervalSeconds))
  const elasticity = new ElasticityMeter(demand)
  const total: Tally = { arrived: 0, served: 0, slow: 0, dropped: 0 }
  let state: DecisionState | undefined
  let desired = scenario.start
  let adaptationCount = 0
  let failedDecisionCount = 0
  const decidingMs = new Float64Array(timeline.at.length)
  fleet.startWith(desired)

  for (let tick = 0; tick < timeline.at.length; tick += 1) {
    const now = tick * intervalSeconds
    fleet.advance(now)
    const instances = fleet.tracked()
    const readings = sensor.read(now, instances)
    const beganMs = performance.now()
    const observation = { group, at: startAt + now * 1000, desired, instances }
    const decision = decide(decideOptions, state, observation, readings)
    decidingMs[tick] = performance.now() - beganMs
    state = decision.state
    options.onDecision?.(decision.trace, state)
    if (decision.desired !== desired) adaptationCount += 1
    if (hasFailed(decision.trace.policies)) failedDecisionCount += 1
    desired = decision.desired
    fleet.setDesired(now, desired)
    timeline.at[tick] = observation.at
    timeline.desired[tick] = desired
    timeline.ready[tick] = fleet.readyCount
    timeline.paid[tick] = fleet.count

    const until = Math.min(seconds, now + intervalSeconds)
    let second = now
    while (second < until) {
      fleet.advance(second)
      const next = Math.min(until, fleet.nextChangeAt)
      pool.run(rates, second, next, fleet.effective)
      elasticity.add(second, next, fleet.readyCount)
      second = next
    }
    record(timeline, tick, pool, demand, now, until, total)
  }

  const paidSeconds = fleet.paidSeconds(seconds)
  const slowPercent = total.arrived === 0 ? 0 : (100 * total.slow) / total.arrived
  return {
    name: contender.name,
    timeline,
    scores: {
      arrivedCount: total.arrived,
      slowCount: total.slow,
      droppedCount: total.dropped,
      slowPercent,
      withinSlo: slowPercent <= 100 * service.slowShare,
      paidSeconds,
      oraclePaidSeconds: scenario.oracle.paidSeconds,
      costVsOracle: costRatio(paidSeconds, scenario.oracle.paidSeconds),
      adaptationCount,
      failedDecisionCount,
      elasticity: elasticity.result(),
    },
    decisionMs: quantileOf(decidingMs, 0.5),
  }
}

function costRatio(paid: number, oraclePaid: number): number {
  if (oraclePaid > 0) return paid / oraclePaid
  return paid > 0 ? Infinity : 1
}

function decideOptionsOf(
  { min, max }: Scenario,
  contender: Contender,
  { missing = new Map() }: ReplayOptions,
): DecideOptions {
  const ownMax = Math.min(max, contender.max ?? max)
  return {
    min: Math.min(ownMax, Math.max(min, contender.min ?? min)),
    max: ownMax,
    policies: policiesOf(contender),
    behavior: behaviorFor(policiesOf(contender), contender.behavior),
    missing,
  }
}

function record(
  timeline: Timeline,
  tick: number,
  pool: Pool,
  demand: Int32Array,
  from: number,
  until: number,
  total: Tally,
): void {
  const tally = pool.take()
  total.arrived += tally.arrived
  total.served += tally.served
  total.slow += tally.slow
  total.dropped += tally.dropped
  let largest = 0
  for (let second = from; second < until; second += 1) largest = Math.max(largest, demand[second] ?? 0)
  timeline.demand[tick] = largest
  timeline.load[tick] = tally.arrived / (until - from)
  timeline.arrived[tick] = tally.arrived
  timeline.slow[tick] = tally.slow
  timeline.dropped[tick] = tally.dropped
  timeline.backlog[tick] = pool.backlog
}
