import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { inParallel } from '../../src/async/in-parallel.js'

describe('inParallel', () => {
  it.each([1, 3, 10, 100])('gives the results in order, at most %i at a time', async (limit) => {
    let open = 0
    let most = 0
    const items = Array.from({ length: 10 }, (_, index) => index)
    const results = await inParallel(items, limit, async (item) => {
      open += 1
      most = Math.max(most, open)
      for (let turns = item % 3; turns >= 0; turns -= 1) await turn()
      open -= 1
      return item * 2
    })
    expect(results).toEqual(items.map((item) => item * 2))
    expect(most).toBe(Math.min(limit, 10))
  })

  it('does nothing for nothing', async () => {
    expect(await inParallel([], 4, () => Promise.reject(new Error('called')))).toEqual([])
  })

  it('rejects with the first failure and begins nothing after it', async () => {
    const begun: number[] = []
    const working = inParallel([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item)
      await turn()
      if (item === 2) throw new Error('two')
    })
    await expect(working).rejects.toThrow('two')
    await turn()
    await turn()
    expect(begun.length).toBeLessThan(5)
  })
})
