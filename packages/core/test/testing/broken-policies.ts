import { ReadingSet, type Evaluation, type Json, type Policy, type PolicyInput } from '@flotilla/core'

/** A policy that breaks one promise, and exactly the cases that must find it. */
export interface BrokenPolicy {
  /** Completes "finds a policy that …". */
  readonly that: string
  readonly breaks: (inner: Policy) => Partial<Policy>
  readonly fails: readonly string[]
  /** True when so much stands on the promise that further cases fail too. */
  readonly andMore?: boolean
}

const named = 'a policy has a name, and names each metric it reads once'
const memory =
  'evaluate keeps no memory: the same input gives the same evaluation, later and from a new policy'
const clock = 'evaluate reads no clock and no chance: only the time in its input counts'
const input = 'evaluate never changes its input'
const listed = 'metrics lists every metric it reads'
const answers = 'evaluate has an answer to everything, and never throws'
const whole = 'a count is a whole number >= 0, whatever it is given'
const reasoned =
  'a count comes with its reason in words and numbers; so do no opinion and cannot tell, in words'
const missing = 'readings that are all missing make it cannot-tell'
const holed = 'a reading that is missing among others never makes a smaller count'
const plain = 'state is plain JSON'
const continues = 'state stored and read back, by a new policy each time, continues exactly'
const lost = 'a state that was lost is answered as the first time'

/** The good policy with its evaluations changed on the way out. */
function answering(
  change: (evaluation: Evaluation, given: PolicyInput) => Evaluation,
): BrokenPolicy['breaks'] {
  return (inner) => ({ evaluate: (given) => change(inner.evaluate(given), given) })
}

/** The good policy with its counts changed on the way out. */
function counting(change: (count: number, given: PolicyInput) => number): BrokenPolicy['breaks'] {
  return answering((evaluation, given) => {
    const { proposal } = evaluation
    if (proposal.kind !== 'count') return evaluation
    return { ...evaluation, proposal: { ...proposal, count: change(proposal.count, given) } }
  })
}

/** The good policy that keeps its state in another form. */
function storing(write: (state: Json) => unknown, read: (stored: never) => unknown): BrokenPolicy['breaks'] {
  return (inner) => ({
    evaluate: (given) => {
      const state = given.state === undefined ? undefined : (read(given.state as never) as Json)
      const evaluation = inner.evaluate({ ...given, state })
      return { ...evaluation, state: write(evaluation.state ?? {}) as Json }
    },
  })
}

interface Recent {
  readonly recent: readonly number[]
}

/** A policy that counts readings which have no value as 0. */
function withZeros({ readings }: PolicyInput): ReadingSet {
  return new ReadingSet(
    readings.all.map((reading) =>
      reading.kind === 'absent' ? { ...reading, kind: 'value', value: 0 } : reading,
    ),
  )
}

export const brokenPolicies: readonly BrokenPolicy[] = [
  { that: 'has no name', breaks: () => ({ name: '' }), fails: [named] },
  { that: 'names a metric twice', breaks: () => ({ metrics: ['cpu', 'cpu'] }), fails: [named] },
  {
    that: 'counts how often it was asked',
    breaks: (inner) => {
      let asked = 0
      return {
        evaluate: (given) => {
          asked += 1
          const evaluation = inner.evaluate(given)
          return { ...evaluation, proposal: { ...evaluation.proposal, reason: `at the ${asked}th time` } }
        },
      }
    },
    fails: [memory, clock, listed, continues, lost],
  },
  {
    that: 'remembers its last count beside its state',
    breaks: (inner) => {
      let last: Evaluation | undefined
      return {
        evaluate: (given) => {
          const evaluation = inner.evaluate(given)
          if (evaluation.proposal.kind === 'count') last = evaluation
          return evaluation.proposal.kind === 'cannot-tell' && last !== undefined
            ? { ...last, state: evaluation.state }
            : evaluation
        },
      }
    },
    fails: [memory, continues],
  },
  {
    that: 'rolls dice',
    breaks: counting((count) => count + Math.floor(Math.random() * 1e9)),
    fails: [memory, clock, listed, continues, lost],
  },
  {
    that: 'looks at Date.now()',
    breaks: counting((count) => count + (Date.now() > Date.UTC(2027, 0, 1) ? 1 : 0)),
    fails: [clock],
  },
  {
    that: 'looks at new Date()',
    breaks: counting((count) => count + new Date().getFullYear() - 2_000),
    fails: [clock],
  },
  {
    that: 'looks at performance.now()',
    breaks: counting((count) => count + (performance.now() > 1e10 ? 1 : 0)),
    fails: [clock],
  },
  {
    that: 'turns round the instances it was given',
    breaks: (inner) => ({
      evaluate: (given) => {
        ;(given.observation.instances as unknown[]).reverse()
        return inner.evaluate(given)
      },
    }),
    fails: [input],
    andMore: true,
  },
  {
    that: 'drops a reading from the set it was given',
    breaks: (inner) => ({
      evaluate: (given) => {
        const evaluation = inner.evaluate(given)
        const [first] = given.readings.ofInstances('cpu').keys()
        if (first !== undefined) (given.readings.ofInstances('cpu') as Map<string, unknown>).delete(first)
        return evaluation
      },
    }),
    fails: [memory, clock, input],
  },
  {
    that: 'writes into the state it was given',
    breaks: (inner) => ({
      evaluate: (given) => {
        if (given.state !== undefined) (given.state as { touched?: boolean }).touched = true
        return inner.evaluate(given)
      },
    }),
    fails: [input],
    andMore: true,
  },
  { that: 'lists no metric', breaks: () => ({ metrics: [] }), fails: [listed] },
  {
    that: 'reads another metric too',
    breaks: (inner) => ({
      evaluate: (given) => {
        given.readings.ofGroup('memory')
        return inner.evaluate(given)
      },
    }),
    fails: [listed],
  },
  {
    that: 'looks at how many readings there are',
    breaks: counting((count, { readings }) => count + readings.all.length),
    fails: [listed],
  },
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
  {
    that: 'keeps a Date in its state',
    breaks: storing(
      (state) => ({ state, at: new Date(0) }),
      ({ state }: { state: Json }) => state,
    ),
    fails: [plain],
  },
  {
    that: 'keeps a Map in its state',
    breaks: storing(
      (state) => new Map([['recent', (state as unknown as Recent).recent]]),
      (stored) => ({
        recent:
          (stored as Map<string, number[]>) instanceof Map
            ? ((stored as Map<string, number[]>).get('recent') ?? [])
            : [],
      }),
    ),
    fails: [plain, continues],
  },
  {
    that: 'keeps Infinity in its state',
    breaks: storing(
      (state) => ({ ...(state as object), least: Infinity }),
      ({ recent, least }: { recent: number[]; least: number | null }) => ({
        recent: least === null ? [] : recent,
      }),
    ),
    fails: [plain, continues],
  },
  {
    that: 'keeps a function in its state',
    breaks: storing(
      (state) => ({ state, again: () => 1 }),
      ({ state }: { state: Json }) => state,
    ),
    fails: [plain],
    andMore: true,
  },
  {
    that: 'keeps a class of its own in its state',
    breaks: storing(
      (state) => new Window((state as unknown as Recent).recent),
      (stored: Recent) => ({ recent: stored.recent }),
    ),
    fails: [plain],
    andMore: true,
  },
  {
    that: 'keeps part of its state in an object that JSON does not see',
    breaks: (inner) => {
      const hidden = new WeakMap<object, Json>()
      return {
        evaluate: (given) => {
          const state = given.state === undefined ? undefined : hidden.get(given.state as object)
          const evaluation = inner.evaluate({ ...given, state })
          const key = { is: 'hidden' }
          hidden.set(key, evaluation.state ?? {})
          return { ...evaluation, state: key }
        },
      }
    },
    fails: [continues],
  },
  {
    that: 'fails without the state that it once had',
    breaks: (inner) => {
      let hadState = false
      return {
        evaluate: (given) => {
          if (hadState && given.state === undefined) throw new Error('where is my state?')
          hadState ||= given.state !== undefined
          return inner.evaluate(given)
        },
      }
    },
    fails: [lost],
    andMore: true,
  },
]

class Window {
  readonly recent: readonly number[]
  constructor(recent: readonly number[]) {
    this.recent = recent
  }
}
