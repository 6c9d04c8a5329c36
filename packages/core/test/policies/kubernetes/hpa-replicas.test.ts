import { describe, expect, it } from 'vitest'
import type { LifecycleState, Proposal, Reading, TrackedInstance, Unit } from '../../../src/index.js'
import { type TargetTrackingOptions, targetTracking } from '../../../src/index.js'
import { ReadingSet } from '../../../src/authoring.js'
import { at, instance } from '../../observations.js'

/**
 * Cases that Kubernetes' replica calculator is held to (kubernetes/kubernetes, pkg/controller/podautoscaler,
 * replica_calculator_test.go), in our terms. Utilisation is given as a share of the request, milli-values as they are.
 */
interface Member {
  readonly state: LifecycleState
  readonly status: TrackedInstance['status']
  readonly value: number | undefined
}

const ready = (...values: readonly (number | undefined)[]): readonly Member[] =>
  values.map((value) => ({ state: 'in-service', status: 'running', value }))
/** Runs and is not ready: unready, or in its initialisation period. */
const unready = (...values: readonly (number | undefined)[]): readonly Member[] =>
  values.map((value) => ({ state: 'warming', status: 'running', value }))
const pending = (count: number): readonly Member[] =>
  Array.from({ length: count }, () => ({ state: 'launching', status: 'pending', value: undefined }))
const failed = (count: number): readonly Member[] =>
  Array.from({ length: count }, () => ({ state: 'failed', status: 'failed', value: undefined }))
const deleted = (count: number): readonly Member[] =>
  Array.from({ length: count }, () => ({ state: 'terminating', status: 'stopping', value: undefined }))

function replicas(
  options: TargetTrackingOptions,
  desired: number,
  members: readonly Member[],
  unit: Unit,
  ofGroup?: number,
): Proposal {
  const instances = members.map(({ state, status }, index) => ({ ...instance(`i${index}`, state), status }))
  const readings = members.flatMap(({ value }, index): readonly Reading[] =>
    value === undefined
      ? []
      : [{ kind: 'value', name: options.metric, unit, at, instanceId: `i${index}`, value }],
  )
  const group: readonly Reading[] =
    ofGroup === undefined ? [] : [{ kind: 'value', name: options.metric, unit, at, value: ofGroup }]
  return targetTracking({ shrinkWhileOver: true, ...options }).evaluate({
    readings: new ReadingSet([...readings, ...group]),
    observation: { group: 'web', at, desired, instances },
    now: at,
    state: undefined,
  }).proposal
}

const countOf = (proposal: Proposal): number | string =>
  proposal.kind === 'count' ? proposal.count : proposal.kind

describe('utilisation over the members', () => {
  it.each([
    ['ScaleUp', 0.3, 3, ready(0.3, 0.5, 0.7), 5],
    ['ScaleUpUnreadyLessScale', 0.3, 3, [...unready(0.3), ...ready(0.5, 0.7)], 4],
    ['ScaleUpUnreadyNoScale', 0.3, 3, [...ready(0.4), ...unready(0.5, 0.7)], 3],
    ['ScaleUpIgnoresFailedPods', 0.3, 2, [...ready(0.5, 0.7), ...failed(2)], 4],
    ['ScaleUpIgnoresDeletionPods', 0.3, 2, [...ready(0.5, 0.7), ...deleted(2)], 4],
    ['ScaleDown', 0.5, 5, ready(0.1, 0.3, 0.5, 0.25, 0.25), 3],
    ['ScaleDownIncludeUnreadyPods', 0.5, 5, [...ready(0.1, 0.3, 0.5), ...unready(0.25, 0.25)], 2],
    ['ScaleDownExcludeUnscheduledPods', 0.5, 5, [...ready(0.1), ...pending(4)], 1],
    ['ScaleDownIgnoresFailedPods', 0.5, 5, [...ready(0.1, 0.3, 0.5, 0.25, 0.25), ...failed(2)], 3],
    ['ScaleDownIgnoresDeletionPods', 0.5, 5, [...ready(0.1, 0.3, 0.5, 0.25, 0.25), ...deleted(2)], 3],
    ['Tolerance', 1, 3, ready(1.02, 1.02, 1.02), 3],
    ['SuperfluousMetrics', 1, 4, ready(4, 9.5, 3, 7), 24],
    ['MissingMetrics', 1, 4, ready(0.4, 0.095, undefined, undefined), 3],
    ['MissingMetricsNoChangeEq', 1, 2, ready(1, undefined), 2],
    ['MissingMetricsNoChangeGt', 1, 2, ready(1.9, undefined), 2],
    ['MissingMetricsNoChangeLt', 1, 2, ready(0.6, undefined), 2],
    ['MissingMetricsUnreadyChange', 0.5, 3, [...unready(0.1), ...ready(0.45, undefined)], 3],
    ['MissingMetricsUnreadyScaleUp', 0.5, 3, [...unready(0.1), ...ready(2, undefined)], 4],
    ['MissingMetricsUnreadyScaleDown', 0.5, 4, [...unready(0.1), ...ready(0.1, 0.1, undefined)], 3],
    ['DuringRollingUpdateWithMaxSurge', 0.5, 2, [...ready(0.1, 0.1), ...unready(undefined)], 2],
    [
      'ComputedToleranceAlgImplementation, over it',
      0.56,
      10,
      ready(...Array.from({ length: 10 }, () => 0.5)),
      9,
    ],
    [
      'ComputedToleranceAlgImplementation, within it',
      0.55,
      10,
      ready(...Array.from({ length: 10 }, () => 0.5)),
      10,
    ],
    // A target above 100 %: what is missing counts as at the target, as that is more than the whole request.
    ['a missing one at a target above the request', 3, 3, ready(1, 1, undefined), 2],
    ['exactly at the target, one missing', 0.5, 2, ready(0.5, undefined), 2],
  ])('%s', (_, target, desired, members, wanted) => {
    expect(countOf(replicas({ metric: 'cpu', target }, desired, members, 'ratio'))).toBe(wanted)
  })

  it('has nothing to say when no ready member gave a value', () => {
    expect(countOf(replicas({ metric: 'cpu', target: 1 }, 4, ready(undefined, undefined), 'ratio'))).toBe(
      'cannot-tell',
    )
    expect(countOf(replicas({ metric: 'cpu', target: 1 }, 4, unready(1, 1), 'ratio'))).toBe('cannot-tell')
    expect(countOf(replicas({ metric: 'cpu', target: 1 }, 0, [], 'ratio'))).toBe('cannot-tell')
  })

  // TestGroupPods, "a ready pod without fresh metrics during initialization period".
  it.each([
    ['before its instance was ready', -1, undefined, 'coming'],
    ['as its instance became ready', 0, undefined, 'counted'],
    ['partly of the time before its instance was ready', 59, 60, 'coming'],
    ['wholly of the time since', 60, 60, 'counted'],
  ])('a value taken %s', (_, ageS, windowS, taken) => {
    const instances = ['i0', 'i1', 'i2'].map((id, index) => ({
      ...instance(id),
      readyAt: index === 0 ? at - ageS * 1000 : at - 3_600_000,
    }))
    const readings = instances.map(({ id }): Reading => {
      const windowMs = windowS === undefined ? undefined : windowS * 1000
      return { kind: 'value', name: 'cpu', unit: 'ratio', at, instanceId: id, value: 1, windowMs }
    })
    const { proposal } = targetTracking({ metric: 'cpu', target: 0.5 }).evaluate({
      readings: new ReadingSet(readings),
      observation: { group: 'web', at, desired: 3, instances },
      now: at,
      state: undefined,
    })
    const reason =
      taken === 'coming'
        ? 'cpu 1 over 2 is 2 x the target 0.5; 1.33 x with 1 coming taken as idle'
        : 'cpu 1 over 3 is 2 x the target 0.5'
    expect([proposal.reason, countOf(proposal)]).toEqual([reason, taken === 'coming' ? 4 : 6])
  })

  // ConfigurableTolerance: its own tolerance for each direction.
  it.each([
    ['within 10 % out', 0.5, { out: 0.1 }, 0.54, 3],
    ['over 1 % out', 0.5, { out: 0.01 }, 0.54, 4],
    ['within 90 % out', 0.5, { out: 0.9 }, 0.9, 3],
    ['within 90 % in', 0.5, { in: 0.9 }, 0.1, 3],
    ['over 1 % in', 0.5, { in: 0.01 }, 0.3, 2],
    ['exactly the tolerance out', 0.5, { out: 0.2 }, 0.6, 3],
    ['exactly the tolerance in', 0.5, { in: 0.2 }, 0.4, 3],
  ])('tolerance %s', (_, target, tolerance, value, wanted) => {
    const members = ready(value, value, value)
    expect(countOf(replicas({ metric: 'cpu', target, tolerance }, 3, members, 'ratio'))).toBe(wanted)
  })
})

describe('other metrics of the members', () => {
  // Kubernetes looks at readiness for CPU alone; every other sample counts.
  it.each([
    ['ScaleUpCM', 15, 3, ready(20, 10, 30), 4],
    ['ScaleUpCMUnreadyHotCpuNoLessScale', 15, 3, [...ready(50, 10), ...unready(30)], 6],
    ['ScaleUpCMUnreadyHotCpuScaleWouldScaleDown', 15, 3, [...unready(50), ...ready(15), ...unready(30)], 7],
    ['ScaleDownCM', 20, 5, ready(12, 12, 12, 12, 12), 3],
    ['ToleranceCM', 20, 3, ready(20, 21, 21), 3],
    ['DuringRollingUpdateWithMaxSurgeCM', 17, 2, [...ready(10, 10), ...unready(undefined)], 2],
  ])('%s', (_, target, desired, members, wanted) => {
    const options = { metric: 'qps', target, starting: 'counted' } as const
    expect(countOf(replicas(options, desired, members, 'per-second'))).toBe(wanted)
  })

  it('leaves those that are starting out of every metric, unless told to count them', () => {
    const members = [...ready(50, 10), ...unready(30)]
    expect(countOf(replicas({ metric: 'qps', target: 15 }, 3, members, 'per-second'))).toBe(4)
  })
})

describe('a metric of the whole group', () => {
  it.each([
    ['ScaleUpCMObject', 'value', 15, 3, ready(0, 0, 0), 20, 4],
    ['ScaleUpCMPerPodObject', 'average', 5, 3, ready(0, 0, 0), 20, 4],
    ['ScaleUpCMObjectIgnoresUnreadyPods', 'value', 10, 3, [...ready(0), ...unready(0, 0)], 50, 5],
    ['ScaleUpCMExternal', 'value', 4.4, 1, ready(0), 8.6, 2],
    ['ScaleUpCMExternalIgnoresUnreadyPods', 'value', 4.4, 3, [...ready(0), ...unready(0, 0)], 8.6, 2],
    ['ScaleUpPerPodCMExternal', 'average', 2.15, 3, ready(0, 0, 0), 8.6, 4],
    ['ScaleDownPerPodCMObject', 'average', 2, 5, ready(0, 0, 0, 0, 0), 6, 3],
    ['ScaleDownCMObject', 'value', 20, 5, ready(0, 0, 0, 0, 0), 12, 3],
    ['ScaleDownCMExternal', 'value', 14.334, 5, ready(0, 0, 0, 0, 0), 8.6, 3],
    ['ScaleDownPerPodCMExternal', 'average', 2.867, 5, ready(0, 0, 0, 0, 0), 8.6, 3],
    ['ToleranceCMObject', 'value', 20, 3, ready(0, 0, 0), 20.666, 3],
    ['TolerancePerPodCMObject', 'average', 5, 4, ready(0, 0, 0, 0), 20.166, 4],
    ['ToleranceCMExternal', 'value', 8.888, 3, ready(0, 0, 0), 8.6, 3],
    ['TolerancePerPodCMExternal', 'average', 2.9, 3, ready(0, 0, 0), 8.6, 3],
    ['from zero, a value', 'value', 100, 0, [], 250, 3],
    ['from zero, within what would be the tolerance', 'value', 100, 0, [], 105, 2],
    ['from zero, an average', 'average', 100, 0, [], 1, 1],
    ['at zero, no load', 'average', 100, 0, [], 0, 0],
    ['to zero', 'value', 100, 2, ready(0, 0), 0, 0],
  ] as const)('%s', (_, type, target, desired, members, value, wanted) => {
    const bare = members.map((member) => ({ ...member, value: undefined }))
    expect(countOf(replicas({ metric: 'qps', target, type }, desired, bare, 'none', value))).toBe(wanted)
  })

  it('cannot tell what a value means while none is in service, where Kubernetes would go to its minimum', () => {
    expect(countOf(replicas({ metric: 'qps', target: 10, type: 'value' }, 2, pending(2), 'none', 50))).toBe(
      'cannot-tell',
    )
  })
})
