import { FlotillaError } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { Pauses } from '../../src/room/pauses.js'

const isOpen = (pauses: Pauses, zones: readonly string[] = []): readonly (string | undefined)[] => {
  try {
    return pauses.open('launch', zones)
  } catch (error) {
    if (error instanceof FlotillaError) return []
    throw error
  }
}

describe('pauses', () => {
  it('end by themselves, and double while the refusals go on, up to ten times the first', async () => {
    const clock = new FakeClock()
    const pauses = new Pauses(clock, 1000)
    for (const lengthMs of [1000, 2000, 4000, 8000, 10_000, 10_000]) {
      pauses.quota('full')
      await clock.advance(lengthMs - 1)
      expect(isOpen(pauses)).toEqual([])
      await clock.advance(1)
      expect(isOpen(pauses)).toEqual([undefined])
    }
  })

  it('begin anew after a time without refusals', async () => {
    const clock = new FakeClock()
    const pauses = new Pauses(clock, 1000)
    pauses.quota('full')
    await clock.advance(5000)
    pauses.quota('full')
    await clock.advance(1000)
    expect(isOpen(pauses)).toEqual([undefined])
  })

  it('take several refusals at one time for one', async () => {
    const clock = new FakeClock()
    const pauses = new Pauses(clock, 1000)
    pauses.noRoom('az1', 'full')
    pauses.noRoom('az1', 'full')
    await clock.advance(1000)
    expect(isOpen(pauses, ['az1'])).toEqual(['az1'])
  })

  it('of a zone leave the other zones open; of the quota, none', () => {
    const pauses = new Pauses(new FakeClock(), 1000)
    pauses.noRoom('az1', 'full')
    expect(isOpen(pauses, ['az1', 'az2'])).toEqual(['az2'])
    pauses.quota('full')
    expect(isOpen(pauses, ['az1', 'az2'])).toEqual([])
    pauses.quotaFreed()
    pauses.hasRoom('az1')
    expect(isOpen(pauses, ['az1', 'az2'])).toEqual(['az1', 'az2'])
  })

  it('tell the time of the zone that opens first', async () => {
    const clock = new FakeClock()
    const pauses = new Pauses(clock, 1000)
    pauses.noRoom('az1', 'full')
    await clock.advance(400)
    pauses.noRoom('az2', 'full too')
    expect(() => pauses.open('launch', ['az1', 'az2'])).toThrow(
      expect.objectContaining({ code: 'no-capacity', retryAfterMs: 600 }),
    )
  })
})
