import * as fc from 'fast-check'
import type { Behavior, Policy } from '../../src/index.js'
import { everyPolicy } from './every-policy.js'
import {
  activation,
  all,
  any,
  awsMerge,
  backlog,
  byPriority,
  dampen,
  during,
  fallback,
  firstOf,
  fixed,
  maxOf,
  minOf,
  nomadMerge,
  passThrough,
  scheduledActions,
  targetTracking,
  targetValue,
  weighted,
  whenBlind,
} from './policies.js'

type AnyPolicy = fc.Arbitrary<Policy>

const rates = fc.array(
  fc.oneof(
    fc.record({ count: fc.integer({ min: 1, max: 4 }), periodMs: fc.constantFrom(15_000, 60_000) }),
    fc.record({ percent: fc.constantFrom(10, 100), periodMs: fc.constantFrom(15_000, 60_000) }),
  ),
  { maxLength: 2 },
)
const direction = fc.record(
  {
    windowMs: fc.constantFrom(0, 30_000, 300_000),
    rates,
    select: fc.constantFrom('max' as const, 'min' as const, 'disabled' as const),
    cooldownMs: fc.constantFrom(0, 45_000),
    cooldownAfterMs: fc.constantFrom(0, 40_000),
  },
  { requiredKeys: [] },
)
export const anyBehavior: fc.Arbitrary<Behavior> = fc.record(
  { scaleOut: direction, scaleIn: direction },
  { requiredKeys: [] },
)

const several = (one: AnyPolicy): fc.Arbitrary<Policy[]> => fc.array(one, { minLength: 1, maxLength: 3 })

/** Any built-in policy inside any combinators, some levels deep. */
export const anyPolicy: AnyPolicy = fc.letrec<{ policy: Policy; node: Policy }>((tie) => ({
  policy: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...everyPolicy).map(({ make }) => make()),
    tie('node'),
  ),
  node: fc.oneof(
    several(tie('policy')).map((parts) => maxOf(...parts)),
    several(tie('policy')).map((parts) => minOf(...parts)),
    several(tie('policy')).map((parts) => firstOf(...parts)),
    several(tie('policy')).map((parts) => all(...parts)),
    several(tie('policy')).map((parts) => any(...parts)),
    several(tie('policy')).map((parts) => nomadMerge(...parts)),
    several(tie('policy')).map((tracking) => awsMerge({ tracking })),
    several(tie('policy')).map((parts) =>
      weighted(...parts.map((policy, index) => ({ policy, weight: index + 0.5 }))),
    ),
    several(tie('policy')).map((parts) =>
      byPriority(...parts.map((policy, priority) => ({ policy, priority }))),
    ),
    fc.tuple(tie('policy'), anyBehavior).map(([policy, damping]) => dampen(policy, damping)),
    tie('policy').map((policy) => activation(policy, { metric: 'queue', above: 1, cooldownMs: 60_000 })),
    tie('policy').map((policy) => fallback(policy, { afterFailures: 1, count: 3, behavior: 'higher' })),
    fc
      .tuple(tie('policy'), tie('policy'))
      .map(([policy, next]) => whenBlind(policy, { out: 'next', in: { lastMs: 60_000 }, next })),
    tie('policy').map((policy) => during({ start: '*/10 * * * *', durationMs: 300_000 }, policy)),
    tie('policy').map((policy) => scheduledActions([{ cron: '*/10 * * * *', min: 1, max: 9 }], policy)),
  ),
})).policy

/** Policies that always name a count, inside combinators that keep the order of what they get. */
export const anyMonotonePolicy: AnyPolicy = fc.letrec<{ policy: Policy; node: Policy }>((tie) => ({
  policy: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    fc
      .constantFrom<() => Policy>(
        () => targetTracking({ metric: 'cpu', target: 0.5 }),
        () => backlog({ metric: 'queue', perInstance: 10 }),
        () => targetValue({ metric: 'cpu', target: 0.7 }),
        () => passThrough({ metric: 'queue' }),
        () => fixed(4),
      )
      .map((make) => make()),
    tie('node'),
  ),
  node: fc.oneof(
    several(tie('policy')).map((parts) => maxOf(...parts)),
    several(tie('policy')).map((parts) => minOf(...parts)),
    several(tie('policy')).map((parts) => firstOf(...parts)),
    fc.tuple(tie('policy'), anyBehavior).map(([policy, damping]) => dampen(policy, damping)),
  ),
})).policy
