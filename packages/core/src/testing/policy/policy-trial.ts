import assert from 'node:assert/strict'
import type { Json } from '../../json.js'
import type { MetricInfo, Reading } from '../../metrics/metrics.js'
import { ReadingSet } from '../../metrics/readings/reading-set.js'
import type { Observation, TrackedInstance } from '../../model.js'
import type { Evaluation, Policy, PolicyInput } from '../../policies/policy.js'
import { skipCase, type Trial } from '../common/contract-case.js'
import { deepFreeze } from '../common/deep-freeze.js'
import type { PolicyKit } from './policy-kit.js'
import { sampleNow, trackedInstances } from '../common/sample-instances.js'

const defaultLevels: readonly number[] = [0, 0.01, 0.3, 0.5, 0.7, 1, 3, 100, 10_000, 1_000_000]

/** One input, in the few words that the cases vary. */
export interface Situation {
  /** What every metric reads. */
  readonly level: number
  /** Which readings are absent, or not there at all; default none. */
  readonly missing?: 'all' | 'one' | 'left-out' | undefined
  readonly instances?: readonly TrackedInstance[] | undefined
  readonly desired?: number | undefined
  readonly now?: number | undefined
  readonly state?: Json | undefined
}

/** One case's policy, and the inputs that it is tried with. */
export class PolicyTrial implements Trial {
  readonly kit: PolicyKit
  readonly policy: Policy
  readonly levels: readonly number[]
  readonly now: number

  constructor(kit: PolicyKit) {
    this.kit = kit
    this.policy = kit.make()
    this.levels = kit.levels ?? defaultLevels
    this.now = kit.now ?? sampleNow
  }

  /** Its metrics as sources could give them: once as the kit says, else once of the group and once of instances. */
  get shapes(): readonly (readonly MetricInfo[])[] {
    const told = new Map(this.kit.metrics?.map((info) => [info.name, info]))
    const { metrics, optionalMetrics = [] } = this.policy
    // What it can do without is there when the kit tells of it.
    const read = [...metrics, ...optionalMetrics.filter((name) => told.has(name))]
    const shape = (of: MetricInfo['of']): readonly MetricInfo[] =>
      read.map((name) => told.get(name) ?? { name, unit: 'ratio', of })
    const isTold = this.policy.metrics.every((name) => told.has(name))
    return isTold ? [shape('group')] : [shape('group'), shape('instance')]
  }

  /** Skips the case when no reading can be missing, or the policy is declared to do without. */
  needReadings(): void {
    if (this.policy.metrics.length === 0) skipCase('it reads no metric')
    if (this.kit.whenMissing === 'falls-back') skipCase('it falls back when its metrics are missing')
  }

  /** A frozen input. */
  input(shape: readonly MetricInfo[], situation: Situation): PolicyInput {
    const { now = this.now, state, instances = trackedInstances(3) } = situation
    const { desired = instances.length } = situation
    const observation: Observation = { group: 'web', at: now, desired, instances }
    return deepFreeze({
      readings: readingsOf(shape, { ...situation, instances, now }),
      observation,
      now,
      state,
    })
  }

  /** Evaluates, and asserts that what came back is an evaluation at all. */
  evaluate(input: PolicyInput, policy: Policy = this.policy): Evaluation {
    const evaluation = policy.evaluate(input)
    const kind: unknown = evaluation?.proposal?.kind
    const isProposal = kind === 'count' || kind === 'no-opinion' || kind === 'cannot-tell'
    assert.ok(isProposal, `evaluate should give a proposal, got ${String(kind)}`)
    return evaluation
  }

  async end(): Promise<void> {}
}

function readingsOf(
  shape: readonly MetricInfo[],
  { level, missing, instances, now }: Situation & { instances: readonly TrackedInstance[]; now: number },
): ReadingSet {
  if (missing === 'left-out') return new ReadingSet(deepFreeze([]))
  const isAbsent = (index: number): boolean => missing === 'all' || (missing === 'one' && index === 0)
  const readings = shape.flatMap(({ name, unit, of }): Reading[] => {
    const one = (index: number, id: { readonly instanceId?: string }): Reading =>
      isAbsent(index)
        ? { kind: 'absent', name, unit, at: now, ...id, reason: 'the source did not answer' }
        : { kind: 'value', name, unit, at: now, ...id, value: level }
    return of === 'group' ? [one(0, {})] : instances.map(({ id }, index) => one(index, { instanceId: id }))
  })
  return new ReadingSet(deepFreeze(readings))
}
