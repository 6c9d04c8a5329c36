import assert from 'node:assert/strict'
import type { Json } from '../../json.js'
import type { Evaluation } from '../../policies/policy.js'
import type { ContractCase } from '../common/contract-case.js'
import { trackedInstances } from '../common/sample-instances.js'
import type { PolicyTrial, Situation } from './policy-trial.js'
import { seededRandom } from './random.js'

const stepCount = 200
const largestGroup = 20

/** Promise 4. */
export const stateCases: readonly ContractCase<PolicyTrial>[] = [
  {
    name: 'state is plain JSON',
    async prove(trial) {
      for (const { state } of run(trial, (given) => given)) assertJson('state', state)
    },
  },
  {
    name: 'state stored and read back, by a new policy each time, continues exactly',
    async prove(trial) {
      const kept = run(trial, (state) => state)
      const stored = run(trial, (state) => readBack(state), { isNewEachTime: true })
      for (const [index, evaluation] of kept.entries()) {
        assert.deepEqual(stored[index]?.proposal, evaluation.proposal, `step ${index} of ${stepCount}`)
      }
    },
  },
  {
    name: 'a state that was lost is answered as the first time',
    async prove(trial) {
      const lost = run(trial, (state, step) => (step % 7 === 0 ? undefined : state))
      assert.equal(lost.length, stepCount)
      for (const shape of trial.shapes) {
        const input = trial.input(shape, { level: trial.levels[0] ?? 1 })
        const first = trial.evaluate(input, trial.kit.make())
        assert.deepEqual(trial.evaluate(input), first, 'without a state it should know nothing of before')
      }
    },
  },
]

/** A day in the life of a group that follows the policy: load, gaps, and a clock that sometimes jumps. */
function run(
  trial: PolicyTrial,
  handOver: (state: Json | undefined, step: number) => Json | undefined,
  { isNewEachTime = false }: { readonly isNewEachTime?: boolean } = {},
): readonly Evaluation[] {
  return trial.shapes.flatMap((shape) => {
    const random = seededRandom(trial.kit.seed ?? 1)
    const evaluations: Evaluation[] = []
    let { now } = trial
    let desired = 3
    let state: Json | undefined
    for (let step = 0; step < stepCount / trial.shapes.length; step += 1) {
      const situation = nextSituation(trial, random, now, desired)
      ;({ now } = situation)
      const input = trial.input(shape, { ...situation, state: handOver(state, step) })
      const policy = isNewEachTime ? trial.kit.make() : trial.policy
      const evaluation = trial.evaluate(input, policy)
      evaluations.push(evaluation)
      state = evaluation.state
      if (evaluation.proposal.kind === 'count') desired = Math.min(evaluation.proposal.count, largestGroup)
    }
    return evaluations
  })
}

function nextSituation(
  { levels }: PolicyTrial,
  random: () => number,
  now: number,
  desired: number,
): Situation & { readonly now: number } {
  const level = levels[Math.floor(random() * levels.length)] ?? 1
  const stepMs = random() < 0.05 ? (random() - 0.5) * 7_200_000 : random() * 60_000
  const missing = random() < 0.1 ? (random() < 0.5 ? 'all' : 'one') : undefined
  const instanceCount = Math.max(0, desired - (random() < 0.2 ? 1 : 0))
  return {
    level: level * (0.5 + random()),
    now: Math.round(now + stepMs),
    missing,
    desired,
    instances: trackedInstances(instanceCount),
  }
}

function readBack(state: Json | undefined): Json | undefined {
  return state === undefined ? undefined : (JSON.parse(JSON.stringify(state)) as Json)
}

function assertJson(path: string, value: unknown): void {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') {
    assert.ok(Number.isFinite(value), `${path} is ${value}, which JSON does not have`)
    return
  }
  assert.ok(typeof value === 'object', `${path} is a ${typeof value}, which JSON does not have`)
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain = Array.isArray(value) || prototype === Object.prototype || prototype === null
  assert.ok(isPlain, `${path} is a ${value.constructor.name}, which JSON does not have`)
  for (const [key, part] of Object.entries(value)) assertJson(`${path}.${key}`, part)
}
