import { describe, expect, it } from 'vitest'
import type { Policy } from '../../../src/index.js'
import { readExpression } from '../../../src/policies/kit/expression.js'
import { observe, ofGroup, perInstance } from '../../observations.js'
import { evaluate, verdict } from '../evaluating.js'
import { formula } from '../policies.js'

const valueOf = (text: string, values: Record<string, number | undefined> = {}): number | undefined => {
  const read = readExpression(text)
  if (typeof read === 'string') throw new Error(read)
  return read.evaluate(new Map(Object.entries(values)))
}

describe('readExpression', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 ** 3 ** 2', 512],
    ['-2 + +5', 3],
    ['7 % 4', 3],
    ['10 / 4', 2.5],
    ['1.5e3', 1500],
    ['a > 3 ? 1 : 2', 1],
    ['a > 5 ? 1 : 2', 2],
    ['a >= 5', 1],
    ['a <= 4', 0],
    ['a == 5', 1],
    ['a != 5', 0],
    ['!a', 0],
    ['true + false', 1],
    ['a && b', 2],
    ['zero && b', 0],
    ['zero || b', 2],
    ['a || b', 5],
    ['min(a, b, 1)', 1],
    ['max(a, b)', 5],
    ['sum(a, b)', 7],
    ['mean(a, b)', 3.5],
    ['abs(b - a)', 3],
    ['ceil(2.1) + floor(2.9) + round(2.5)', 8],
    ['sqrt(16)', 4],
    ['int(a / b)', 2],
    ['float(a)', 5],
    ['clamp(a, 0, 3)', 3],
    ['clamp(-a, 0, 3)', 0],
  ])('%s is %d', (text, wanted) => expect(valueOf(text, { a: 5, b: 2, zero: 0 })).toBe(wanted))

  it.each([
    ['gone', undefined],
    ['gone + 1', undefined],
    ['gone * 0', undefined],
    ['gone > 1', undefined],
    ['gone > 1 ? 1 : 2', undefined],
    ['-gone', undefined],
    ['!gone', undefined],
    ['max(a, gone)', undefined],
    ['gone && 0', undefined],
    ['0 && gone', 0],
    ['1 || gone', 1],
    ['a ? 3 : gone', 3],
    ['gone ?? 8', 8],
    ['gone ?? lost ?? 8', 8],
    ['gone ?? a ?? 8', 5],
    ['zero ?? 8', 0],
    ['(gone ?? a) + (lost ?? 1)', 6],
    ['max(a, gone ?? 0)', 5],
    ['a / zero', undefined],
    ['(a / zero) ?? 8', 8],
    ['a / (zero ?? 8)', undefined],
    ['a + (gone ?? 0) * 2', 5],
    ['gone ?? 2e-3', 0.002],
    ['gone ?? a ? 3 : 4', 3],
    ['a > 3 ? gone ?? 1 : 2', 1],
    ['max(a + 1, gone ?? 0)', 6],
    ['zero / zero', undefined],
    ['sqrt(-1)', undefined],
    ['10 ** 400', undefined],
  ])('keeps what is missing missing: %s', (text, wanted) => {
    expect(valueOf(text, { a: 5, zero: 0 })).toBe(wanted)
  })

  it.each([
    ['', /one expression/],
    ['  ', /one expression/],
    ['a b', /one expression/],
    ['a; b', /one expression/],
    ['a, b', /./],
    ['a +', /Expected expression/],
    ['(a', /Unclosed/],
    ['a = 3', /./],
    ["'text'", /not a number/],
    ['`text`', /./],
    ['null', /not a number/],
    ['1e999', /not a number/],
    ['this', /no ThisExpression/],
    ['[1, 2]', /no ArrayExpression/],
    ['a.b', /no MemberExpression/],
    ['a[0]', /no MemberExpression/],
    ['a.constructor.constructor(1)', /only a function of the language/],
    ['process.exit()', /only a function of the language/],
    ['max(1)(2)', /only a function of the language/],
    ['eval(1)', /no function eval/],
    ['constructor(1)', /no function constructor/],
    ['toString()', /no function toString/],
    ['__proto__(1)', /no function __proto__/],
    ['min()', /1 or more, not 0/],
    ['abs(1, 2)', /takes 1, not 2/],
    ['clamp(1, 2)', /takes 3, not 2/],
    ['a + b ?? 0', /needs brackets/],
    ['a ?? b + 1', /needs brackets/],
    ['-a ?? 3', /needs brackets/],
    ['a1e-3 ?? 2', /needs brackets/],
    ['a ?? b > 3 ? 1 : 2', /needs brackets/],
    ['a > b ?? 3 ? 1 : 2', /needs brackets/],
    ['(a + b) * 2 ?? 1', /needs brackets/],
    ['max(1, a + b ?? 0)', /needs brackets/],
    ['a ?? b || c', /needs brackets/],
    ['-a ** 2', /sign before \*\*/],
    ['a & b', /no operator &/],
    ['a | b', /no operator \|/],
    ['~a', /no operator ~/],
    ['1 << 2', /no operator <</],
    ['() => 1', /./],
    ['new Date()', /one expression/],
    ['a'.repeat(1001), /1000 characters/],
    [`${'('.repeat(40)}${'-'.repeat(40)}a${')'.repeat(40)}`, /too long/],
    [Array.from({ length: 200 }, () => 'a').join('+'), /too long/],
  ])('refuses %s', (text, why) => expect(readExpression(text)).toMatch(why))

  it('finds nothing but the values it is given under a name', () => {
    expect(valueOf('constructor ?? 8')).toBe(8)
    expect(valueOf('__proto__ ?? 8')).toBe(8)
    expect(valueOf('undefined ?? 8')).toBe(8)
  })

  it('takes bad values for missing ones', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) expect(valueOf('a ?? 8', { a: bad })).toBe(8)
  })

  it('reads the worst text of its length in no time to speak of', () => {
    const worst = [
      `${'a?'.repeat(333)}a${':a'.repeat(166)}`,
      '('.repeat(1000),
      '-'.repeat(1000),
      `max(${'1,'.repeat(490)}1)`,
    ]
    for (const text of worst) expect(typeof readExpression(text)).toBe('string')
  })
})

describe('formula', () => {
  const chain = formula({
    expression: 'queue ?? lag ?? 8',
    metrics: { queue: 'queue.length', lag: 'queue.lag' },
    target: 2,
  })
  const both = (queue: number | undefined, lag: number | undefined): number | string =>
    verdict(chain, [ofGroup('queue.length', queue), ofGroup('queue.lag', lag)], observe(3, 3))

  it('fails over along a chain', () => {
    expect([both(20, 2), both(undefined, 2), both(undefined, undefined)]).toEqual([10, 1, 4])
  })

  it('holds its result at a target as target tracking does', () => {
    const tracked = (value: number, type?: 'average' | 'value'): number | string =>
      verdict(
        formula({ expression: 'a', metrics: { a: 'a' }, target: 10, type }),
        [ofGroup('a', value)],
        observe(3, 3),
      )
    expect([tracked(33), tracked(34), tracked(0)]).toEqual([3, 4, 0])
    expect([tracked(11, 'value'), tracked(12, 'value')]).toEqual([3, 4])
  })

  it('is the count itself without a target, rounded up', () => {
    const policy = formula({ expression: 'jobs / 4 + current - ready', metrics: { jobs: 'jobs' } })
    expect(verdict(policy, [ofGroup('jobs', 9)], observe(5, 3))).toBe(5)
    expect(verdict(policy, [ofGroup('jobs', -90)], observe(5, 3))).toBe(0)
    expect(policy.metrics).toEqual(['jobs'])
  })

  const load = (): Policy => formula({ expression: 'cpu / 0.5 * ready', metrics: { cpu: 'cpu' } })
  it('averages a metric of instances, and does not shrink while one gave no value', () => {
    expect(verdict(load(), perInstance('cpu', [0.9, 0.5]), observe(2, 2))).toBe(3)
    expect(verdict(load(), perInstance('cpu', [0.1, 0.1]), observe(2, 2))).toBe(1)
    expect(verdict(load(), perInstance('cpu', [0.1, undefined]), observe(2, 2))).toBe(2)
  })

  it('cannot tell, and says why, when something it needs is missing or the result is no number', () => {
    expect(evaluate(load(), perInstance('cpu', [undefined]), observe(1, 1)).proposal).toEqual({
      kind: 'cannot-tell',
      reason: 'cpu / 0.5 * ready: cpu: none of 1 that run gave a value',
    })
    const division = formula({ expression: 'a / (a - a)', metrics: { a: 'a' } })
    expect(evaluate(division, [ofGroup('a', 1)]).proposal.reason).toBe(
      'a / (a - a): it gives no finite number',
    )
  })

  it.each([
    ['expression', { expression: 'a +', metrics: { a: 'a' } }],
    ['expression', { expression: 'a + b', metrics: { a: 'a' } }],
    ['expression', { expression: '', metrics: {} }],
    ['metrics', { expression: 'a', metrics: { a: 'a', b: 'b' } }],
    ['metrics', { expression: 'max', metrics: { max: 'a' } }],
    ['metrics', { expression: 'ready', metrics: { ready: 'a' } }],
    ['metrics', { expression: 'true', metrics: { true: 'a' } }],
    ['metrics.a', { expression: 'a', metrics: { a: 3 } }],
    ['target', { expression: 'a', metrics: { a: 'a' }, target: 0 }],
    ['tolerance', { expression: 'a', metrics: { a: 'a' }, tolerance: 0.1 }],
    ['type', { expression: 'a', metrics: { a: 'a' }, type: 'value' }],
  ])('refuses a bad %s', (field, options) => {
    expect(() => formula(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })
})
