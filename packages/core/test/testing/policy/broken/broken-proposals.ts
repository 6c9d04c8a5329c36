import type { Evaluation, PolicyInput } from '@flotilla/core'
import { ReadingSet } from '@flotilla/core/authoring'
import { answering, counting, type BrokenPolicy } from './broken-policy.js'

const answers = 'evaluate has an answer to everything, and never throws'
const whole = 'a count is a whole number >= 0, whatever it is given'
const reasoned =
  'a count comes with its reason in words and numbers; so do no opinion and cannot tell, in words'
const missing = 'readings that are all missing make it cannot-tell'
const holed = 'a reading that is missing among others never makes a smaller count'
const lost = 'a state that was lost is answered as the first time'

/** A policy that counts readings which have no value as 0. */
function withZeros({ readings }: PolicyInput): ReadingSet {
  return new ReadingSet(
    readings.all.map((reading) =>
      reading.kind === 'absent' ? { ...reading, kind: 'value', value: 0 } : reading,
    ),
  )
}

export const brokenProposals: readonly BrokenPolicy[] = [
  {
    that: 'throws when there are no instances',
    breaks: (inner) => ({
      evaluate: (given) => {
        if (given.observation.instances.length === 0) throw new Error('division by zero')
        return inner.evaluate(given)
      },
    }),
    fails: [answers, lost],
  },
  {
    that: 'throws when its metric is missing',
    breaks: (inner) => ({
      evaluate: (given) => {
        if (given.readings.all.some(({ kind }) => kind === 'absent')) throw new Error('cpu is missing')
        return inner.evaluate(given)
      },
    }),
    fails: [answers],
    andMore: true,
  },
  {
    that: 'gives no proposal for what it does not know',
    breaks: answering((evaluation, { readings }) =>
      readings.all.some((reading) => reading.kind === 'value' && Number.isNaN(reading.value))
        ? ({} as Evaluation)
        : evaluation,
    ),
    fails: [answers],
  },
  {
    that: 'gives a promise',
    breaks: (inner) => ({ evaluate: (async (given: PolicyInput) => inner.evaluate(given)) as never }),
    fails: [answers],
    andMore: true,
  },
  {
    that: 'counts halves',
    breaks: counting((count) => count + 0.5),
    fails: [whole],
  },
  {
    that: 'proposes NaN for a value that is none',
    breaks: answering((evaluation, { readings }) => {
      const isNonsense = readings.all.some(
        (reading) => reading.kind === 'value' && Number.isNaN(reading.value),
      )
      return isNonsense
        ? { proposal: { kind: 'count', count: NaN, reason: 'cpu is NaN, not 0.5' } }
        : evaluation
    }),
    fails: [whole],
  },
  {
    that: 'proposes less than none for a negative value',
    breaks: answering((evaluation, { readings }) => {
      const isNegative = readings.all.some((reading) => reading.kind === 'value' && reading.value < 0)
      return isNegative ? { proposal: { kind: 'count', count: -2, reason: 'cpu is -1' } } : evaluation
    }),
    fails: [whole],
  },
  {
    that: 'proposes more than can be counted',
    breaks: counting((count) => (count === 1_000_000 ? 1e300 : count)),
    fails: [whole],
  },
  {
    that: 'gives no reason',
    breaks: answering((evaluation) => ({ ...evaluation, proposal: { ...evaluation.proposal, reason: '' } })),
    fails: [reasoned],
  },
  {
    that: 'gives a reason without a number',
    breaks: answering((evaluation) => ({
      ...evaluation,
      proposal: { ...evaluation.proposal, reason: 'there is too much load' },
    })),
    fails: [reasoned],
  },
  {
    that: 'gives a number as its reason',
    breaks: answering((evaluation) => ({
      ...evaluation,
      proposal: { ...evaluation.proposal, reason: '42' },
    })),
    fails: [reasoned],
  },
  {
    that: 'has a part without a reason',
    breaks: answering((evaluation) => ({
      ...evaluation,
      parts: [
        {
          policy: 'a',
          proposal: evaluation.proposal,
          parts: [{ policy: 'b', proposal: { kind: 'no-opinion', reason: '' } }],
        },
      ],
    })),
    fails: [reasoned],
  },
  {
    that: 'takes a missing reading for 0',
    breaks: (inner) => ({ evaluate: (given) => inner.evaluate({ ...given, readings: withZeros(given) }) }),
    fails: [missing, holed],
  },
  {
    that: 'has no opinion when its readings are missing',
    breaks: answering((evaluation) =>
      evaluation.proposal.kind === 'cannot-tell'
        ? { ...evaluation, proposal: { ...evaluation.proposal, kind: 'no-opinion' } }
        : evaluation,
    ),
    fails: [missing],
  },
  {
    that: 'cannot tell only when it is told that readings are absent',
    breaks: answering((evaluation, { readings }) =>
      readings.all.length === 0
        ? { proposal: { kind: 'count', count: 0, reason: '0 readings' } }
        : evaluation,
    ),
    fails: [missing],
  },
  {
    that: 'counts only the instances that it has readings of',
    breaks: answering((evaluation, { readings }) => {
      const values = [...readings.ofInstances('cpu').values()].filter(({ kind }) => kind === 'value')
      const isHoled = values.length > 0 && values.length < readings.ofInstances('cpu').size
      return isHoled
        ? {
            ...evaluation,
            proposal: { kind: 'count', count: values.length, reason: `${values.length} answered` },
          }
        : evaluation
    }),
    fails: [holed],
  },
]
