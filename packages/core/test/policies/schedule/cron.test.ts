import { describe, expect, it } from 'vitest'
import { cronTimes } from '../../../src/policies/schedule/cron.js'

const hourMs = 3_600_000

describe('cronTimes', () => {
  it.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-03-29T01:00:00Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T01:00:00Z'],
    ['*/15 1,2 * * 0', 'America/New_York', '2026-11-01T06:00:00Z'],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
    ['0 0 1 * *', 'UTC', '2026-03-01T00:00:00Z'],
  ])(
    'says of %s in %s the same from memory, going on or going back, as when asked for the first time',
    (pattern, zone, around) => {
      const times = cronTimes('test', 'cron', pattern, zone)
      const middle = Date.parse(around)
      const steps = Array.from({ length: 97 }, (_, index) => middle - 4 * hourMs + index * 300_000)
      for (const now of [...steps, ...steps.toReversed()]) {
        expect([now, times(now)]).toEqual([now, cronTimes('test', 'cron', pattern, zone)(now)])
      }
    },
  )

  it('is due at its time itself, and not the moment before', () => {
    const times = cronTimes('test', 'cron', '0 8 * * *', 'UTC')
    const due = Date.parse('2026-01-02T08:00:00Z')
    expect([due - 1, due, due + 1].map(times)).toEqual([due - 24 * hourMs, due, due])
  })

  it('has never been due on a day that does not exist', () => {
    expect(cronTimes('test', 'cron', '0 0 31 2 *', 'UTC')(Date.parse('2026-01-01T00:00:00Z'))).toBeUndefined()
  })
})
