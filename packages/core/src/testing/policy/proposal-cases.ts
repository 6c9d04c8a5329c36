import assert from 'node:assert/strict'
import type { Evaluation, PolicyTrace, Proposal } from '../../policies/policy.js'
import type { ContractCase } from '../common/contract-case.js'
import { hostileInputs, type HostileInput } from './hostile-inputs.js'
import type { PolicyTrial } from './policy-trial.js'

/** Promises 2 and 3. */
export const proposalCases: readonly ContractCase<PolicyTrial>[] = [
  {
    name: 'evaluate has an answer to everything, and never throws',
    async prove(trial) {
      for (const { what, input } of hostileInputs(trial)) {
        try {
          trial.evaluate(input)
        } catch (error) {
          assert.fail(`given ${what}: ${String(error)}`)
        }
      }
    },
  },
  {
    name: 'a count is a whole number >= 0, whatever it is given',
    async prove(trial) {
      eachProposal(trial, (what, proposal) => {
        if (proposal.kind !== 'count') return
        const isWhole = Number.isSafeInteger(proposal.count) && proposal.count >= 0
        assert.ok(isWhole, `given ${what}: a count of ${String(proposal.count)}`)
      })
    },
  },
  {
    name: 'a count comes with its reason in words and numbers; so do no opinion and cannot tell, in words',
    async prove(trial) {
      eachProposal(trial, (what, { kind, reason }) => {
        assert.ok(typeof reason === 'string', `given ${what}: ${kind} has no reason`)
        assert.match(reason, /\p{L}/u, `given ${what}: the reason of ${kind} has no words`)
        if (kind === 'count') assert.match(reason, /\d/, `given ${what}: the reason has no number: ${reason}`)
      })
    },
  },
  {
    name: 'readings that are all missing make it cannot-tell',
    async prove(trial) {
      trial.needReadings()
      for (const shape of trial.shapes) {
        for (const missing of ['all', 'left-out'] as const) {
          const { proposal } = trial.evaluate(trial.input(shape, { level: 1, missing }))
          assert.equal(proposal.kind, 'cannot-tell', `its readings ${missing} missing: ${proposal.reason}`)
        }
      }
    },
  },
  {
    name: 'a reading that is missing among others never makes a smaller count',
    async prove(trial) {
      trial.needReadings()
      for (const shape of trial.shapes.filter((infos) => infos.some(({ of }) => of === 'instance'))) {
        for (const level of trial.levels) {
          const whole = trial.evaluate(trial.input(shape, { level })).proposal
          const holed = trial.input(shape, { level, missing: 'one' })
          const { proposal } = trial.evaluate(holed)
          if (proposal.kind !== 'count') continue
          const { desired } = holed.observation
          // A smaller increase is caution; what must not be is a decrease that the whole data would not have made.
          const least = whole.kind === 'count' ? Math.min(whole.count, desired) : desired
          const what = `at ${level}, ${whole.reason}; with one missing, ${proposal.reason}`
          assert.ok(proposal.count >= least, `${what}: ${proposal.count} is less than ${least}`)
        }
      }
    },
  },
]

/** Every proposal that hostile inputs lead to, those of the parts too. What throws has a case of its own. */
function eachProposal(trial: PolicyTrial, look: (what: string, proposal: Proposal) => void): void {
  for (const hostile of hostileInputs(trial)) {
    const evaluation = evaluateQuietly(trial, hostile)
    if (evaluation === undefined) continue
    look(hostile.what, evaluation.proposal)
    for (const part of evaluation.parts ?? []) eachPart(part, (proposal) => look(hostile.what, proposal))
  }
}

function evaluateQuietly(trial: PolicyTrial, { input }: HostileInput): Evaluation | undefined {
  try {
    return trial.evaluate(input)
  } catch {
    return undefined
  }
}

function eachPart({ proposal, parts }: PolicyTrace, look: (proposal: Proposal) => void): void {
  look(proposal)
  for (const part of parts ?? []) eachPart(part, look)
}
