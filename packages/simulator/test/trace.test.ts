import { describe, expect, it } from 'vitest'
import { fitted, newTrace, quantileOf, ratesOf, scaled } from '../src/index.js'

const trace = { name: 't', intervalMs: 4000, values: [1, 3, 2] }

describe('ratesOf', () => {
  it('holds a value for its whole interval', () => {
    expect([...ratesOf(trace, 'hold')]).toEqual([1, 1, 1, 1, 3, 3, 3, 3, 2, 2, 2, 2])
  })

  it('draws straight lines between the middles of the intervals', () => {
    expect([...ratesOf(trace, 'linear')]).toEqual([
      1, 1, 1.25, 1.75, 2.25, 2.75, 2.875, 2.625, 2.375, 2.125, 2, 2,
    ])
  })

  it('keeps the number of requests when it holds', () => {
    const sum = ratesOf(trace).reduce((total, rate) => total + rate, 0)
    expect(sum).toBe((1 + 3 + 2) * 4)
  })

  it('takes intervals that are no whole seconds', () => {
    expect([...ratesOf({ ...trace, intervalMs: 1500 })]).toEqual([1, 1, 3, 2])
  })
})

describe('a trace', () => {
  it.each([
    ['values', { ...trace, values: [] }],
    ['values', { ...trace, values: [1, Number.NaN] }],
    ['values', { ...trace, values: [1, -1] }],
    ['values', { ...trace, values: [1, Infinity] }],
    ['values', { ...trace, values: '1,2' as unknown as number[] }],
    ['intervalMs', { ...trace, intervalMs: 999 }],
    ['name', { ...trace, name: '' }],
  ])('is refused by its %s', (field, bad) => {
    expect(() => newTrace(bad)).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })

  it('is scaled without changing its shape', () => {
    expect([...scaled(trace, 2).values]).toEqual([2, 6, 4])
  })

  it.each([
    [0, 1],
    [0.5, 2],
    [0.75, 2.5],
    [1, 3],
  ])('has its %d quantile at %d', (share, value) => {
    expect(quantileOf(trace.values, share)).toBeCloseTo(value, 12)
  })

  it('is fitted so that its peak needs the instances asked for', () => {
    const flat = { name: 'flat', intervalMs: 60_000, values: Array.from({ length: 100 }, () => 5) }
    // One instance carries 32.3 of its 40 req/s in time.
    expect(fitted(flat, 1).values[0]).toBeCloseTo(32.3, 1)
    expect(fitted({ ...flat, values: [0, 0] }, 1).values).toEqual([0, 0])
  })
})
