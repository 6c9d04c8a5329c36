import { describe, expect, it } from 'vitest'
import { observe, ofGroup, perInstance } from '../observations.js'
import { verdict } from './evaluating.js'
import { threshold } from './policies.js'

describe('threshold', () => {
  const rule = threshold({ metric: 'cpu', above: 0.2, below: 0.05 })

  it.each([
    ['grows by one above', [0.21, 0.21], 0, 3],
    ['keeps at the upper bound', [0.2, 0.2], 0, 2],
    ['keeps at the lower bound', [0.05, 0.05], 0, 2],
    ['shrinks by one below', [0.04, 0.04], 0, 1],
    ['does not grow again while one that comes would be enough', [0.3], 1, 2],
    ['grows again when it would not', [0.9], 1, 3],
    ['does not shrink while one in service gave no value', [0.01, undefined], 0, 2],
  ])('%s', (_, values, coming, wanted) => {
    const readings = perInstance('cpu', [...values, ...Array.from({ length: coming }, () => undefined)])
    expect(verdict(rule, readings, observe(2, values.length, coming))).toBe(wanted)
  })

  it('reads a metric of the host too, as the first shell loops did', () => {
    const host = threshold({ metric: 'host.cpu', above: 0.5, step: { out: 2 } })
    expect(verdict(host, [ofGroup('host.cpu', 0.51, 'ratio')])).toBe(4)
    expect(verdict(host, [ofGroup('host.cpu', 0.1, 'ratio')])).toBe(2)
    expect(verdict(host, [ofGroup('host.cpu', undefined, 'ratio')])).toBe('cannot-tell')
  })

  it.each([
    ['above', {}],
    ['below', { above: 1, below: 1 }],
    ['step', { above: 1, step: 0 }],
    ['above', { above: Number.POSITIVE_INFINITY }],
  ])('refuses a bad %s', (field, options) => {
    const build = (): unknown => threshold({ metric: 'cpu', ...options })
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})
