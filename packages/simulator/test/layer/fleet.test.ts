import { describe, expect, it } from 'vitest'
import { Fleet } from '../../src/layer/fleet.js'
import { type Layer, fullLayer, layers, longestStartSeconds, startSeconds } from '../../src/layer/layer.js'
import { newRandom } from '../../src/random.js'

const vm: Layer = { name: 'test', startMs: 30_000, warmupMs: 5000, drainMs: 10_000 }

function newFleet(layer: Layer = vm): Fleet {
  return new Fleet({
    layer: fullLayer(layer),
    group: 'g',
    startAt: 1_000_000,
    random: newRandom(1, 'starts'),
  })
}

const states = (fleet: Fleet): string[] => fleet.tracked().map(({ state }) => state)

describe('Fleet', () => {
  it('serves after the start, at half speed while it warms up', () => {
    const fleet = newFleet()
    fleet.startWith(1)
    fleet.setDesired(0, 2)
    expect([fleet.readyCount, fleet.effective, fleet.count, fleet.nextChangeAt]).toEqual([1, 1, 2, 30])
    fleet.advance(29)
    expect(fleet.readyCount).toBe(1)
    fleet.advance(30)
    expect([fleet.readyCount, fleet.effective, fleet.nextChangeAt]).toEqual([2, 1.5, 35])
    fleet.advance(35)
    expect([fleet.effective, fleet.nextChangeAt]).toEqual([2, Infinity])
  })

  it('drains before it ends, and pays until then', () => {
    const fleet = newFleet()
    fleet.startWith(2)
    fleet.setDesired(100, 1)
    expect([fleet.readyCount, fleet.effective, fleet.count]).toEqual([1, 1, 2])
    fleet.advance(110)
    expect(fleet.count).toBe(1)
    expect(fleet.paidSeconds(200)).toBe(200 + 110)
  })

  it('ends what never served at once', () => {
    const fleet = newFleet()
    fleet.startWith(1)
    fleet.setDesired(0, 3)
    fleet.setDesired(20, 1)
    expect([fleet.count, fleet.readyCount]).toEqual([1, 1])
    expect(fleet.paidSeconds(20)).toBe(20 + 2 * 20)
  })

  it('takes back what drains before it launches anything, the newest drain first', () => {
    const fleet = newFleet()
    fleet.startWith(3)
    fleet.setDesired(0, 2)
    fleet.setDesired(5, 1)
    fleet.setDesired(8, 2)
    expect(states(fleet).filter((state) => state === 'draining')).toHaveLength(1)
    expect(fleet.tracked().find(({ state }) => state === 'draining')?.stateSince).toBe(1_000_000)
    expect([fleet.count, fleet.readyCount]).toEqual([3, 2])
    fleet.advance(10)
    expect(fleet.count).toBe(2)
  })

  it('ends those that start before those that serve, and of those the oldest', () => {
    const fleet = newFleet()
    fleet.startWith(1)
    fleet.setDesired(50, 2)
    fleet.advance(80)
    fleet.setDesired(90, 3)
    fleet.setDesired(91, 1)
    expect(fleet.tracked().map(({ id, state }) => [id, state])).toEqual([
      ['g-1', 'draining'],
      ['g-2', 'in-service'],
    ])
  })

  it('launches again at once what failed to start, and pays for the try', () => {
    const fleet = newFleet({ ...vm, launchFailure: 1 })
    fleet.startWith(1)
    fleet.setDesired(0, 2)
    for (let second = 0; second <= 65; second += 1) fleet.advance(second)
    expect([fleet.readyCount, fleet.count]).toEqual([1, 2])
    expect(fleet.paidSeconds(65)).toBe(65 + 65)
  })

  it('shows policies when each was launched, ready and changed', () => {
    const fleet = newFleet()
    fleet.startWith(0)
    fleet.setDesired(10, 1)
    const at = 1_000_000 + 10_000
    expect(fleet.tracked()).toEqual([
      expect.objectContaining({ state: 'launching', status: 'pending', createdAt: at, stateSince: at }),
    ])
    expect(fleet.tracked()[0]?.readyAt).toBeUndefined()
    fleet.advance(40)
    expect(fleet.tracked()[0]).toMatchObject({
      state: 'in-service',
      readyAt: at + 30_000,
      stateSince: at + 30_000,
    })
  })
})

describe('a layer', () => {
  it.each([
    ['container', 1, 1],
    ['vm', 26, 34],
    ['cloud', 68, 82],
  ] as const)('%s starts within %d to %d seconds', (name, least, most) => {
    const layer = fullLayer(layers[name])
    const random = newRandom(1, 'starts')
    const drawn = Array.from({ length: 5000 }, () => startSeconds(layer, random.uniform()))
    expect(Math.min(...drawn)).toBe(least)
    expect(Math.max(...drawn)).toBe(most)
  })

  it('is at full speed after its longest start and its warm-up', () => {
    expect(longestStartSeconds(fullLayer(layers.cloud))).toBe(83 + 10)
  })
})
