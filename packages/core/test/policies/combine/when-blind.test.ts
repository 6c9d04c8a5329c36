import { describe, expect, it } from 'vitest'
import type { Json, Reading } from '../../../src/index.js'
import type { WhenBlindOptions } from '../../../src/policies/combine/when-blind.js'
import { at, observe, ofGroup, perInstance } from '../../observations.js'
import { evaluate, verdict, verdictOf } from '../evaluating.js'
import { backlog, fixed, targetTracking, whenBlind } from '../policies.js'

const jobs = backlog({ metric: 'jobs', perInstance: 10 })
const missing = [ofGroup('jobs', undefined)]
const blindAt = (desired: number, options: WhenBlindOptions): number | string =>
  verdict(whenBlind(jobs, options), missing, observe(desired, desired))

describe('whenBlind', () => {
  it('lets the policy speak for itself while it can tell', () => {
    const policy = whenBlind(jobs, { out: { count: 9 }, in: { count: 1 } })
    expect(verdict(policy, [ofGroup('jobs', 35)], observe(2, 2))).toBe(4)
  })

  it.each<readonly [string, WhenBlindOptions, number, number | string]>([
    ['nothing is said: hold', {}, 5, 'cannot-tell'],
    ['hold both ways', { out: 'hold', in: 'hold' }, 5, 'cannot-tell'],
    ['out to a count', { out: { count: 8 } }, 5, 8],
    ['out to a count it has already', { out: { count: 8 } }, 8, 'cannot-tell'],
    ['out to a count, never in', { out: { count: 8 } }, 9, 'cannot-tell'],
    ['in to a count', { in: { count: 3 } }, 5, 3],
    ['in to a count, never out', { in: { count: 3 } }, 2, 2],
    ['out as with an assumed value', { out: { assume: 100 } }, 5, 10],
    ['in as with an assumed value', { in: { assume: 0 } }, 5, 0],
    ['out before in', { out: { count: 8 }, in: { count: 3 } }, 5, 8],
    ['in when out has nothing to add', { out: { count: 8 }, in: { count: 3 } }, 9, 3],
    ['out to the next', { out: 'next', next: fixed(7) }, 5, 7],
    ['in to the next', { in: 'next', next: fixed(2) }, 5, 2],
    ['each way by its own rule', { out: 'next', in: { count: 4 }, next: fixed(2) }, 5, 4],
  ])('%s', (_, options, desired, wanted) => expect(blindAt(desired, options)).toBe(wanted))

  it('goes by the last known value up to its age, each way by its own', () => {
    const policy = whenBlind(jobs, { out: { lastMs: 60_000 }, in: { lastMs: 20_000 } })
    const known = evaluate(policy, [ofGroup('jobs', 40)], observe(4, 4))
    const state = JSON.parse(JSON.stringify(known.state)) as Json
    const later = (atS: number, desired: number): number | string =>
      verdict(
        policy,
        [{ ...missing[0]!, at: at + atS * 1000 }],
        observe(desired, desired),
        at + atS * 1000,
        state,
      )
    expect([later(15, 2), later(15, 6)]).toEqual([4, 4])
    expect([later(30, 2), later(30, 6)]).toEqual([4, 'cannot-tell'])
    expect([later(61, 2), later(61, 6)]).toEqual(['cannot-tell', 'cannot-tell'])
  })

  it('remembers nothing when no rule asks for it', () => {
    const { state } = evaluate(whenBlind(jobs, { out: { assume: 100 } }), [ofGroup('jobs', 40)])
    expect(state).toEqual({ inner: undefined, next: undefined, lastKnown: {} })
  })

  it('fills in for instances: full ones on the way out, nothing on the way in', () => {
    const policy = whenBlind(targetTracking({ metric: 'cpu', target: 0.5 }), { out: { assume: 1 } })
    expect(verdict(policy, perInstance('cpu', [undefined, undefined]), observe(2, 2))).toBe(4)
  })

  it('does not remember a value that is no finite number', () => {
    const policy = whenBlind(jobs, { out: { lastMs: 60_000 } })
    const nan: Reading = { kind: 'value', name: 'jobs', unit: 'count', at, value: Number.NaN }
    const first = evaluate(policy, [nan])
    expect(verdictOf(first.proposal)).toBe('cannot-tell')
    expect(first.state).toMatchObject({ lastKnown: {} })
  })

  it('says what is missing, and what stood in for it', () => {
    const policy = whenBlind(jobs, { out: { count: 8 } })
    expect(evaluate(policy, missing, observe(5, 5)).proposal.reason).toBe(
      'jobs is missing: not there; 8 stands in',
    )
  })

  it('never lets an outage shrink a group unless told to, and gives the next policy its own state', () => {
    const policy = whenBlind(jobs, { out: 'next', next: fixed(1) })
    expect(verdict(policy, missing, observe(5, 5))).toBe('cannot-tell')
    expect(policy.metrics).toEqual(['jobs'])
  })

  it.each([
    ['next', { out: 'next' }],
    ['next', { in: 'next' }],
    ['out', { out: 'grow' }],
    ['in.lastMs', { in: { lastMs: 0 } }],
    ['out.count', { out: { count: -1 } }],
    ['out', { out: { assume: Number.NaN } }],
    ['next', { next: 3 }],
  ])('refuses a bad %s', (field, options) => {
    expect(() => whenBlind(jobs, options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })
})
