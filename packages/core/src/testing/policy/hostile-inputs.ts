import type { LifecycleState, TrackedInstance } from '../../model.js'
import type { PolicyInput } from '../../policies/policy.js'
import { trackedInstance, trackedInstances } from '../common/sample-instances.js'
import type { PolicyTrial, Situation } from './policy-trial.js'

const values: readonly number[] = [
  0,
  -0,
  -1,
  5e-324,
  1e308,
  Number.MAX_SAFE_INTEGER,
  NaN,
  Infinity,
  -Infinity,
]

const states: readonly LifecycleState[] = [
  'launching',
  'warming',
  'in-service',
  'draining',
  'terminating',
  'failed',
  'standby',
  'warm',
]

const everyState: readonly TrackedInstance[] = states.map((state) => trackedInstance({ id: state, state }))

/** An input that no source should give and some source will, in words. */
export interface HostileInput {
  readonly what: string
  readonly input: PolicyInput
}

/** Everything that a policy must have an answer to. */
export function hostileInputs(trial: PolicyTrial): readonly HostileInput[] {
  return trial.shapes.flatMap((shape) =>
    situations(trial).map(([what, situation]) => ({
      what: `${what}, of ${shape[0]?.of ?? 'nothing'}`,
      input: trial.input(shape, situation),
    })),
  )
}

function situations(trial: PolicyTrial): readonly (readonly [string, Situation])[] {
  const fleets = [0, 1, 3].map((count) => trackedInstances(count))
  const thousand = trackedInstances(1_000)
  const dayMs = 24 * 3_600_000
  return [
    ...values.flatMap((level) =>
      fleets.map((instances) => [`${level} over ${instances.length}`, { level, instances }] as const),
    ),
    ...[0, 1e308, NaN].map((level) => [`${level} over 1000`, { level, instances: thousand }] as const),
    ...trial.levels.map((level) => [`${level}`, { level }] as const),
    ...fleets.flatMap((instances) =>
      (['all', 'one', 'left-out'] as const).map(
        (missing) => [`${missing} missing of ${instances.length}`, { level: 1, missing, instances }] as const,
      ),
    ),
    ...[0, 1, 1_000_000].map((desired) => [`desired ${desired}`, { level: 1, desired }] as const),
    ...states.map(
      (state) => [`all ${state}`, { level: 1, instances: trackedInstances(3, { state }) }] as const,
    ),
    ['every state', { level: 1, instances: everyState }],
    ['an epoch ago', { level: 1, now: 0 }],
    ['a day ago', { level: 1, now: trial.now - dayMs }],
    ['in a hundred years', { level: 1, now: trial.now + 36_525 * dayMs }],
  ]
}
