import type { Policy } from '../../src/index.js'
import {
  activation,
  adaptive,
  all,
  any,
  awsMerge,
  backlog,
  byPriority,
  customPolicy,
  dampen,
  during,
  fallback,
  firstOf,
  fixed,
  formula,
  jobSlots,
  maxOf,
  minOf,
  nomadMerge,
  passThrough,
  scheduled,
  scheduledActions,
  simpleScaling,
  stepScaling,
  targetTracking,
  targetValue,
  threshold,
  weighted,
  whenBlind,
  windowThreshold,
} from './policies.js'

/** One way to make a policy, with what the contract suite must know of it. */
export interface Made {
  readonly name: string
  readonly make: () => Policy
  readonly whenMissing?: 'falls-back'
  /** More load never means fewer instances, all else equal. */
  readonly isMonotone: boolean
}

const cpu = (): Policy => targetTracking({ metric: 'cpu', target: 0.5 })
const queue = (): Policy => backlog({ metric: 'queue', perInstance: 10 })

const leaves: readonly Made[] = [
  { name: 'targetTracking', make: cpu, isMonotone: true },
  {
    name: 'targetTracking, starting counted',
    make: () => targetTracking({ metric: 'cpu', target: 0.5, starting: 'counted' }),
    isMonotone: true,
  },
  {
    name: 'targetTracking of a value',
    make: () => targetTracking({ metric: 'cpu', target: 0.5, type: 'value' }),
    isMonotone: true,
  },
  { name: 'backlog', make: queue, isMonotone: true },
  {
    name: 'threshold',
    make: () => threshold({ metric: 'cpu', above: 0.7, below: 0.3, step: { out: 2, in: 1 } }),
    isMonotone: true,
  },
  { name: 'fixed', make: () => fixed(3), isMonotone: true },
  {
    name: 'scheduled',
    make: () => scheduled({ start: '*/7 * * * *', durationMs: 120_000, count: 4 }),
    isMonotone: true,
  },
  {
    name: 'stepScaling',
    make: () =>
      stepScaling({
        metric: 'cpu',
        threshold: 0.5,
        kind: 'percent',
        minMagnitude: 2,
        steps: [
          { upper: -0.2, adjust: -30 },
          { lower: -0.2, upper: 0, adjust: -10 },
          { lower: 0, upper: 0.1, adjust: 0 },
          { lower: 0.1, upper: 0.2, adjust: 10 },
          { lower: 0.2, adjust: 30 },
        ],
      }),
    isMonotone: true,
  },
  {
    name: 'stepScaling to exact capacities',
    make: () =>
      stepScaling({
        metric: 'cpu',
        threshold: 1,
        kind: 'exact',
        steps: [
          { upper: 0, adjust: 1 },
          { lower: 0, upper: 10, adjust: 4 },
          { lower: 10, adjust: 9 },
        ],
      }),
    isMonotone: true,
  },
  {
    name: 'simpleScaling out',
    make: () =>
      simpleScaling({ metric: 'cpu', comparison: '>=', threshold: 0.7, adjust: 2, cooldownMs: 60_000 }),
    isMonotone: true,
  },
  {
    name: 'simpleScaling in',
    make: () =>
      simpleScaling({ metric: 'cpu', comparison: '<', threshold: 0.3, adjust: -50, kind: 'percent' }),
    isMonotone: true,
  },
  {
    name: 'windowThreshold',
    make: () => windowThreshold({ metric: 'cpu', lower: 0.7, trigger: 2, percent: 30 }),
    isMonotone: true,
  },
  {
    name: 'windowThreshold of a band',
    make: () => windowThreshold({ metric: 'cpu', lower: 0.2, upper: 0.5, trigger: 1, delta: -1 }),
    isMonotone: false,
  },
  {
    name: 'targetValue',
    make: () => targetValue({ metric: 'cpu', target: 0.5, maxOut: 5, maxIn: 1 }),
    isMonotone: true,
  },
  {
    name: 'targetValue of nothing',
    make: () => targetValue({ metric: 'queue', target: 0 }),
    isMonotone: true,
  },
  { name: 'passThrough', make: () => passThrough({ metric: 'queue', maxOut: 4 }), isMonotone: true },
  {
    name: 'formula',
    make: () =>
      formula({
        expression: 'max(cpu / 0.5 * ready, queue / 10)',
        metrics: { cpu: 'cpu', queue: 'queue' },
      }),
    isMonotone: true,
  },
  {
    name: 'formula with a target and a fallback',
    make: () =>
      formula({ expression: 'queue ?? cpu ?? 8', metrics: { cpu: 'cpu', queue: 'queue' }, target: 2 }),
    whenMissing: 'falls-back',
    isMonotone: true,
  },
  {
    name: 'jobSlots',
    make: () =>
      jobSlots({ inUse: 'cpu', reserved: 'queue', slotsPerInstance: 4, idleCount: 1, scaleFactor: 0.5 }),
    isMonotone: true,
  },
  {
    name: 'scheduledActions',
    make: () =>
      scheduledActions([
        { cron: '*/10 * * * *', min: 2, desired: 5 },
        { cron: '5-59/10 * * * *', min: 0, max: 7 },
      ]),
    isMonotone: true,
  },
]

/** Every combinator around parts that remember, so that each slice of the state must find its way back. */
const nested: readonly Made[] = [
  {
    name: 'dampen inside dampen',
    make: () =>
      dampen(dampen(cpu(), { scaleIn: { windowMs: 60_000 } }), { scaleOut: { cooldownMs: 30_000 } }),
    isMonotone: true,
  },
  {
    name: 'dampen around a policy that remembers',
    make: () =>
      dampen(windowThreshold({ metric: 'cpu', lower: 0.7, trigger: 2, delta: 2 }), {
        scaleOut: { windowMs: 20_000 },
      }),
    isMonotone: true,
  },
  {
    name: 'awsMerge of what remembers',
    make: () =>
      awsMerge({
        tracking: [dampen(cpu(), { scaleIn: { windowMs: 60_000 } })],
        steps: [simpleScaling({ metric: 'cpu', comparison: '>=', threshold: 0.8, adjust: 1 })],
      }),
    isMonotone: true,
  },
  {
    name: 'nomadMerge of what remembers',
    make: () =>
      nomadMerge(
        windowThreshold({ metric: 'cpu', lower: 0.8, trigger: 2, percent: 30 }),
        any(windowThreshold({ metric: 'cpu', upper: 0.2, trigger: 2, delta: -1 }), queue()),
      ),
    isMonotone: false,
  },
  {
    name: 'byPriority of what remembers',
    make: () =>
      byPriority(
        { policy: activation(cpu(), { metric: 'queue' }), priority: 1 },
        { policy: dampen(queue(), { scaleIn: { windowMs: 60_000 } }), priority: 2 },
      ),
    isMonotone: false,
  },
  {
    name: 'weighted of what remembers',
    make: () =>
      weighted(
        { policy: dampen(cpu(), { scaleIn: { windowMs: 60_000 } }), weight: 3 },
        { policy: simpleScaling({ metric: 'cpu', comparison: '>', threshold: 0.6, adjust: 2 }), weight: 1 },
      ),
    isMonotone: false,
  },
  {
    name: 'minOf and firstOf of what remembers',
    make: () =>
      minOf(
        firstOf(dampen(cpu(), { scaleIn: { windowMs: 60_000 } }), fixed(6)),
        maxOf(windowThreshold({ metric: 'cpu', lower: 0.5, trigger: 1, delta: 3 }), fixed(4)),
      ),
    whenMissing: 'falls-back',
    isMonotone: true,
  },
  {
    name: 'all of what remembers',
    make: () => all(adaptive(), dampen(cpu(), { scaleIn: { windowMs: 60_000 } })),
    isMonotone: true,
  },
  {
    name: 'fallback around whenBlind around adaptive',
    make: () =>
      fallback(whenBlind(adaptive(), { out: { lastMs: 60_000 } }), {
        afterFailures: 2,
        count: 4,
        behavior: 'higher',
      }),
    whenMissing: 'falls-back',
    isMonotone: true,
  },
]

const learning: readonly Made[] = [
  { name: 'adaptive', make: () => adaptive(), isMonotone: true },
  { name: 'adaptive on a load', make: () => adaptive({ load: 'queue' }), isMonotone: false },
  { name: 'adaptive that only forecasts', make: () => adaptive({ forecastOnly: true }), isMonotone: true },
  {
    name: 'customPolicy',
    make: () =>
      customPolicy({
        name: 'one for every ten',
        metrics: ['queue'],
        propose: ({ readings }) => {
          const reading = readings.ofGroup('queue')
          if (reading?.kind !== 'value') return { kind: 'cannot-tell', reason: 'queue is missing' }
          const count = Math.ceil(reading.value / 10)
          return { kind: 'count', count, reason: `${reading.value} in the queue` }
        },
      }),
    isMonotone: true,
  },
]

const wrappers: readonly Made[] = [
  { name: 'maxOf', make: () => maxOf(cpu(), queue()), isMonotone: true },
  { name: 'minOf', make: () => minOf(cpu(), queue()), isMonotone: true },
  { name: 'firstOf', make: () => firstOf(cpu(), fixed(4)), whenMissing: 'falls-back', isMonotone: true },
  { name: 'all', make: () => all(cpu(), queue()), isMonotone: true },
  // As in Nomad, a check that becomes content no longer holds back the deeper fall of another.
  { name: 'any', make: () => any(cpu(), queue()), isMonotone: false },
  {
    name: 'weighted',
    make: () => weighted({ policy: cpu(), weight: 2 }, { policy: queue(), weight: 1 }),
    isMonotone: true,
  },
  {
    name: 'byPriority',
    make: () => byPriority({ policy: queue(), priority: 1 }, { policy: cpu(), priority: 2 }),
    isMonotone: true,
  },
  {
    name: 'awsMerge',
    make: () =>
      awsMerge({
        tracking: [cpu(), queue()],
        steps: [stepScaling({ metric: 'cpu', threshold: 0.8, steps: [{ lower: 0, adjust: 2 }] })],
      }),
    isMonotone: true,
  },
  {
    name: 'nomadMerge',
    make: () => nomadMerge(any(cpu(), queue()), targetValue({ metric: 'cpu', target: 0.5 })),
    isMonotone: false,
  },
  {
    name: 'dampen',
    make: () =>
      dampen(cpu(), { scaleIn: { windowMs: 60_000 }, scaleOut: { rates: [{ count: 2, periodMs: 15_000 }] } }),
    isMonotone: true,
  },
  {
    name: 'activation',
    make: () => activation(cpu(), { metric: 'queue', above: 1, cooldownMs: 60_000 }),
    isMonotone: true,
  },
  {
    name: 'activation by a formula',
    make: () =>
      activation(cpu(), {
        formula: { expression: '(queue ?? 0) + load', metrics: { queue: 'queue', load: 'cpu' } },
        above: 1,
      }),
    isMonotone: true,
  },
  {
    name: 'awsMerge with scale-in disabled',
    make: () => awsMerge({ tracking: [cpu()], outOnly: [queue()] }),
    isMonotone: true,
  },
  {
    name: 'fallback',
    make: () => fallback(cpu(), { afterFailures: 2, count: 4 }),
    whenMissing: 'falls-back',
    isMonotone: true,
  },
  {
    name: 'during a time, and another policy outside it',
    make: () => firstOf(during({ start: '*/7 * * * *', durationMs: 120_000 }, queue()), cpu()),
    isMonotone: true,
  },
  {
    name: 'whenBlind that holds',
    make: () => whenBlind(cpu(), { out: { assume: 1 } }),
    whenMissing: 'falls-back',
    isMonotone: true,
  },
  {
    name: 'whenBlind with the last known',
    make: () => whenBlind(cpu(), { out: { lastMs: 120_000 }, in: { lastMs: 30_000 } }),
    whenMissing: 'falls-back',
    isMonotone: true,
  },
  {
    name: 'whenBlind that goes on to the next',
    make: () => whenBlind(cpu(), { out: 'next', in: { count: 2 }, next: queue() }),
    whenMissing: 'falls-back',
    isMonotone: true,
  },
  {
    name: 'scheduledActions around a policy',
    make: () => scheduledActions([{ cron: '*/10 * * * *', min: 2, max: 9, desired: 3 }], cpu()),
    whenMissing: 'falls-back',
    isMonotone: true,
  },
  {
    name: 'a tree',
    make: () =>
      maxOf(
        activation(all(cpu(), queue()), { metric: 'queue' }),
        fallback(any(weighted({ policy: cpu(), weight: 1 }), fixed(1)), { afterFailures: 1, count: 2 }),
      ),
    whenMissing: 'falls-back',
    isMonotone: false,
  },
]

/** Every built-in policy and combinator, made of the metrics `cpu` and `queue`. */
export const everyPolicy: readonly Made[] = [...leaves, ...learning, ...wrappers, ...nested]
