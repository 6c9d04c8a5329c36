import { describe, expect, it } from 'vitest'
import { type DecisionTrace, decisionLog, replayDecisions } from '../../../src/index.js'
import { at } from '../../observations.js'

const trace = (atS: number, group = 'web'): DecisionTrace => ({
  group,
  at: at + atS * 1000,
  current: 2,
  desired: 2,
  outcome: 'hold',
  reason: `at ${atS}`,
  metrics: [],
  policies: [],
  steps: [],
  notes: [],
})
const note = (atS: number, what: string, group = 'web') => ({ group, at: at + atS * 1000, metrics: [], what })
const textOf = (...facts: readonly unknown[]): string =>
  facts.map((fact) => `${JSON.stringify(fact)}\n`).join('')

describe('replayDecisions', () => {
  it('gives back decisions, each with what then happened', () => {
    const log = decisionLog()
    const text = textOf(
      trace(0),
      note(1, 'a'),
      trace(2, 'jobs'),
      note(3, 'b'),
      note(4, 'c', 'jobs'),
      trace(5),
    )
    expect(replayDecisions(text, log)).toEqual({ decisionCount: 3, unreadableCount: 0 })
    expect(log.find({ group: 'web' }).map(({ aftermath }) => aftermath)).toEqual([
      [],
      [
        { at: at + 1000, what: 'a' },
        { at: at + 3000, what: 'b' },
      ],
    ])
    expect(log.at(at + 9000, 'jobs')?.aftermath).toEqual([{ at: at + 4000, what: 'c' }])
  })

  it.each([
    ['half a line', '{"group":"web","at":1'],
    ['something else', '{"level":30,"msg":"hello"}'],
    ['a number', '7'],
    ['nothing', 'null'],
    ['a list', '[]'],
    ['a decision without its steps', '{"group":"web","at":1,"metrics":[],"reason":"x","desired":1}'],
    ['a time that is none', '{"group":"web","at":"now","metrics":[],"what":"x"}'],
  ])('counts %s as unreadable, and goes on', (_, line) => {
    const log = decisionLog()
    expect(replayDecisions(`${line}\n\n${textOf(trace(0))}`, log)).toEqual({
      decisionCount: 1,
      unreadableCount: 1,
    })
    expect(log.size).toBe(1)
  })
})
