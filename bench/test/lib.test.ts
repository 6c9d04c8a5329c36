import { describe, expect, it } from 'vitest'
import { difference } from '../lib/faults.js'
import { median, percentile } from '../lib/stats.js'
import { formatTable } from '../lib/table.js'

describe('percentile', () => {
  it.each([
    [[5, 1, 3], 50, 3],
    [[4, 1, 3, 2], 50, 2.5],
    [[10, 20], 0, 10],
    [[10, 20], 100, 20],
    [[0, 10, 20, 30, 40], 90, 36],
    [[7], 99, 7],
    [[-1, -10, 2], 0, -10],
  ])('of %j at %d is %d', (numbers, p, expected) => {
    expect(percentile(numbers, p)).toBeCloseTo(expected, 10)
  })

  it('is not a number without numbers', () => {
    expect(median([])).toBeNaN()
  })

  it('leaves the numbers in their order', () => {
    const numbers = [3, 1, 2]
    expect(median(numbers)).toBe(2)
    expect(numbers).toEqual([3, 1, 2])
  })

  it.each([-1, 101, Number.NaN])('refuses a percentage of %d', (p) => {
    expect(() => percentile([1], p)).toThrow(RangeError)
  })
})

describe('formatTable', () => {
  it('puts words to the left, numbers to the right, and groups thousands', () => {
    const table = formatTable(
      ['what', 'per second', 'note'],
      [
        ['proxy', 12_345.678_9, 'ours'],
        ['bare worker', 7, ''],
      ],
    )
    expect(table).toBe(
      [
        'what         per second  note',
        '-----------  ----------  ----',
        'proxy        12,345.679  ours',
        'bare worker           7',
      ].join('\n'),
    )
  })

  it('shows its columns when there are no rows', () => {
    expect(formatTable(['a', 'b'], [])).toBe('a  b\n-  -')
  })
})

describe('difference', () => {
  const before = { servers: ['stranger 1'], ports: [] as string[] }

  it('is empty when all is as before', () => {
    expect(difference(before, { ports: [], servers: ['stranger 1'] })).toEqual([])
  })

  it('tells of what is left, and of strangers that are gone', () => {
    expect(difference(before, { servers: ['web 2'], ports: ['web 3'] })).toEqual([
      'servers: web 2 left',
      'servers: stranger 1 GONE',
      'ports: web 3 left',
    ])
  })
})
