import assert from 'node:assert/strict'
import type { MetricInfo, Reading } from '../../metrics/metrics.js'
import { ReadingSet } from '../../metrics/readings/reading-set.js'
import type { PolicyInput } from '../../policies/policy.js'
import type { ContractCase } from '../common/contract-case.js'
import { deepFreeze } from '../common/deep-freeze.js'
import { inOtherTimes } from './other-times.js'
import type { PolicyTrial } from './policy-trial.js'

/** Promise 1, and what `metrics` promises. */
export const purityCases: readonly ContractCase<PolicyTrial>[] = [
  {
    name: 'a policy has a name, and names each metric it reads once',
    async prove({ policy }) {
      assert.ok(typeof policy.name === 'string' && policy.name.trim() !== '', 'a policy has a name')
      const listed = [...policy.metrics, ...(policy.optionalMetrics ?? [])]
      assert.equal(new Set(listed).size, listed.length, 'a metric twice')
      for (const metric of listed) assert.ok(metric.trim() !== '', 'a metric has a name')
    },
  },
  {
    name: 'evaluate keeps no memory: the same input gives the same evaluation, later and from a new policy',
    async prove(trial) {
      const inputs = variedInputs(trial)
      const first = inputs.map((input) => structuredClone(trial.evaluate(input)))
      const backwards = inputs.toReversed().map((input) => trial.evaluate(input))
      assert.deepEqual(backwards.toReversed(), first, 'the same policy, asked again in another order')
      for (const [index, input] of inputs.entries()) {
        assert.deepEqual(
          trial.evaluate(input, trial.kit.make()),
          first[index],
          'a new policy of the same options',
        )
      }
    },
  },
  {
    name: 'evaluate reads no clock and no chance: only the time in its input counts',
    async prove(trial) {
      for (const input of variedInputs(trial)) {
        const usual = trial.evaluate(input)
        const otherwise = inOtherTimes(() => trial.evaluate(input))
        assert.deepEqual(otherwise, usual, 'evaluated while the host clock said another year')
      }
    },
  },
  {
    name: 'evaluate never changes its input',
    async prove(trial) {
      for (const input of variedInputs(trial)) {
        const before = structuredClone(contents(input))
        // Everything in it is frozen but the maps of the reading set, which are compared.
        trial.evaluate(input)
        assert.deepEqual(contents(input), before)
      }
    },
  },
  {
    name: 'metrics lists every metric it reads',
    async prove(trial) {
      for (const shape of trial.shapes) {
        for (const level of trial.levels) {
          const input = trial.input(shape, { level })
          const spied = new SpiedReadings([...input.readings.all, ...noise(input)])
          const given = trial.evaluate({ ...input, readings: spied })
          const { metrics, optionalMetrics = [] } = trial.policy
          const listed = new Set([...metrics, ...optionalMetrics])
          const unlisted = [...spied.asked].filter((name) => !listed.has(name))
          assert.deepEqual(unlisted, [], 'it read what metrics does not list')
          assert.deepEqual(given, trial.evaluate(input), 'readings that it does not list changed its mind')
        }
      }
    },
  },
]

/** Some of everything: levels, shapes, group sizes, moments, and the states that it gives itself. */
function variedInputs(trial: PolicyTrial): readonly PolicyInput[] {
  return trial.shapes.flatMap((shape: readonly MetricInfo[]) =>
    trial.levels.flatMap((level, index) => {
      const now = trial.now + index * 47_000
      const first = trial.input(shape, { level, now })
      const { state } = trial.evaluate(first)
      return [
        first,
        trial.input(shape, { level, now: now + 60_000, state: structuredClone(state), desired: 1 + index }),
        trial.input(shape, { level, now, missing: 'one' }),
      ]
    }),
  )
}

function contents({ readings, observation, now, state }: PolicyInput): unknown {
  const maps = readings.names().map((name) => [name, readings.ofGroup(name), [...readings.ofInstances(name)]])
  return { all: readings.all, maps, observation, now, state }
}

/** Readings of a metric that no policy lists. */
function noise({ observation, now }: PolicyInput): readonly Reading[] {
  const base = { kind: 'value', name: 'noise.nobody_reads', unit: 'none', at: now, value: 987 } as const
  return deepFreeze([base, ...observation.instances.map(({ id }) => ({ ...base, instanceId: id }))])
}

/** Remembers which metrics were looked up. */
class SpiedReadings extends ReadingSet {
  readonly asked: Set<string> = new Set()

  override ofGroup(name: string): Reading | undefined {
    this.asked.add(name)
    return super.ofGroup(name)
  }

  override ofInstances(name: string): ReadonlyMap<string, Reading> {
    this.asked.add(name)
    return super.ofInstances(name)
  }
}
