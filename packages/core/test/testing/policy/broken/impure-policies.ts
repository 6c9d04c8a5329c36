import type { Evaluation } from '@flotilla/core'
import { counting, type BrokenPolicy } from './broken-policy.js'

const named = 'a policy has a name, and names each metric it reads once'
const memory =
  'evaluate keeps no memory: the same input gives the same evaluation, later and from a new policy'
const clock = 'evaluate reads no clock and no chance: only the time in its input counts'
const input = 'evaluate never changes its input'
const listed = 'metrics lists every metric it reads'
const continues = 'state stored and read back, by a new policy each time, continues exactly'
const lost = 'a state that was lost is answered as the first time'

export const impurePolicies: readonly BrokenPolicy[] = [
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
]
