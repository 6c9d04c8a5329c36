import { describe, expect, it } from 'vitest'
import { type DecisionTrace, decide, fixed, targetTracking } from '../../../src/index.js'
import { fullBehavior } from '../../../src/authoring.js'
import { decisionLog } from '../../../src/decide/log/decision-log.js'
import { at, observe, perInstance } from '../../observations.js'

const trace = (atS: number, fields: Partial<DecisionTrace> = {}): DecisionTrace => ({
  group: 'web',
  at: at + atS * 1000,
  current: 2,
  desired: 2,
  outcome: 'hold',
  reason: `at ${atS}`,
  metrics: [],
  policies: [],
  steps: [],
  notes: [],
  ...fields,
})

describe('decisionLog', () => {
  it('keeps the last so many decisions, and no more', () => {
    const log = decisionLog({ keep: 3 })
    for (let tick = 0; tick < 10; tick += 1) log.record(trace(tick))
    expect(log.size).toBe(3)
    expect(log.find().map((entry) => entry.trace.reason)).toEqual(['at 9', 'at 8', 'at 7'])
  })

  it('finds the decision that was in force at a time', () => {
    const log = decisionLog()
    for (const atS of [0, 15, 30]) log.record(trace(atS))
    const reasonAt = (atS: number): string | undefined => log.at(at + atS * 1000)?.trace.reason
    expect([reasonAt(-1), reasonAt(0), reasonAt(29.999), reasonAt(30), reasonAt(9999)]).toEqual([
      undefined,
      'at 0',
      'at 15',
      'at 30',
      'at 30',
    ])
  })

  it('keeps groups apart', () => {
    const log = decisionLog()
    log.record(trace(0))
    log.record(trace(1, { group: 'jobs' }))
    expect(log.at(at + 9000, 'web')?.trace.reason).toBe('at 0')
    expect(log.find({ group: 'jobs' })).toHaveLength(1)
    expect(log.at(at, 'other')).toBeUndefined()
  })

  it.each([
    ['by time', { from: at + 10_000, to: at + 20_000 }, ['at 20', 'at 10']],
    ['by direction', { outcome: 'scale-in' }, ['at 20']],
    ['by what blocked it', { blockedBy: 'stabilise' }, ['at 30']],
    ['by whatever blocked it', { blockedBy: 'any' }, ['at 40', 'at 30']],
    ['by several at once', { outcome: 'hold', blockedBy: 'any', to: at + 30_000 }, ['at 30']],
    ['at most so many', { limit: 2 }, ['at 40', 'at 30']],
    ['everything', {}, ['at 40', 'at 30', 'at 20', 'at 10', 'at 0']],
  ] as const)('answers %s', (_, query, wanted) => {
    const log = decisionLog()
    log.record(trace(0))
    log.record(trace(10, { outcome: 'scale-out', desired: 3 }))
    log.record(trace(20, { outcome: 'scale-in', desired: 1 }))
    log.record(trace(30, { limitedBy: 'stabilise' }))
    log.record(trace(40, { limitedBy: 'combine' }))
    expect(log.find(query).map((entry) => entry.trace.reason)).toEqual(wanted)
  })

  it('keeps what became of a decision with it, a bounded number of things', () => {
    const log = decisionLog()
    log.note('web', { at, what: 'nothing to note it with' })
    log.record(trace(0))
    log.record(trace(1, { group: 'jobs' }))
    for (let index = 0; index < 100; index += 1)
      log.note('web', { at: at + index, what: `i${index} in service` })
    expect(log.at(at)?.aftermath).toHaveLength(50)
    expect(log.at(at)?.aftermath[0]).toEqual({ at, what: 'i0 in service' })
    expect(log.at(at + 1000, 'jobs')?.aftermath).toEqual([])
  })

  it('works as listeners do, without a this', () => {
    const { record, note, find } = decisionLog()
    record(trace(0))
    note('web', { at, what: 'x' })
    expect(find()[0]?.aftermath).toHaveLength(1)
  })

  it('explains in words', () => {
    const log = decisionLog()
    expect(log.explain(at)).toBe('No decision is known from 2026-01-01T00:00:00.000Z or before.')
    expect(log.explain(at, 'web')).toBe(
      'No decision of web is known from 2026-01-01T00:00:00.000Z or before.',
    )
    log.record(trace(0))
    expect(log.explain(at + 5000)).toContain('web stays at 2')
  })

  it('takes the traces of real decisions', () => {
    const log = decisionLog()
    const options = {
      min: 1,
      max: 10,
      policies: [targetTracking({ metric: 'cpu', target: 0.5 }), fixed(1)],
      behavior: fullBehavior(),
      missing: new Map(),
    }
    log.record(decide(options, undefined, observe(4, 4), perInstance('cpu', [0.1, 0.1, 0.1, 0.1])).trace)
    expect(log.find({ blockedBy: 'stabilise' })).toHaveLength(1)
  })

  it.each([[0], [-1], [1.5], [Number.NaN], [10_000_000]])('refuses to keep %s', (keep) => {
    expect(() => decisionLog({ keep })).toThrow(
      expect.objectContaining({ code: 'invalid-options', field: 'keep' }),
    )
  })
})
