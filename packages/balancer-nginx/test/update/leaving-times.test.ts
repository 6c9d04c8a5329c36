import { expect, it } from 'vitest'
import { LeavingTimes } from '../../src/update/leaving-times.js'

const staying = (id: string): { id: string; isLeaving: boolean } => ({ id, isLeaving: false })
const leaving = (id: string): { id: string; isLeaving: boolean } => ({ id, isLeaving: true })

it('remembers when each worker was told to leave, as long as it is there', () => {
  const times = new LeavingTimes()
  expect(times.told([staying('a'), staying('b')], 10)).toEqual([{ ids: ['a', 'b'], toldAtMs: 10 }])
  expect(times.told([leaving('a'), staying('c')], 20)).toEqual([
    { ids: ['a'], toldAtMs: 10 },
    { ids: ['c'], toldAtMs: 20 },
  ])
  expect(times.told([leaving('b'), leaving('c')], 30)).toEqual([
    { ids: ['b'], toldAtMs: -Infinity },
    { ids: ['c'], toldAtMs: 20 },
  ])
})

it('knows nothing where workers cannot be seen', () => {
  expect(new LeavingTimes().told(undefined, 10)).toBeUndefined()
  expect(new LeavingTimes().told([], 10)).toEqual([])
})
