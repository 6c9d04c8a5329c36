import { describe, expect, it } from 'vitest'
import {
  bestSeason,
  type Calendar,
  emptyCalendar,
  expectedRise,
  isCalendar,
  proven,
  withLoad,
} from '../../../src/policies/adaptive/calendar.js'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** A Monday. */
const monday = Date.UTC(2024, 0, 1)

/** After so many days of a load, looked at every minute. */
function after(days: number, loadAt: (hour: number, day: number) => number): Calendar {
  let calendar = emptyCalendar()
  for (let ms = 0; ms < days * dayMs; ms += minuteMs) {
    calendar = withLoad(calendar, loadAt((ms % dayMs) / hourMs, Math.floor(ms / dayMs)), monday + ms)
  }
  return calendar
}

const office = (hour: number): number => (hour >= 8 && hour < 18 ? 12 : 2)
const [day, week] = [0, 1]

describe('calendar', () => {
  it('expects the rise of each morning from the second day on, ahead of it', () => {
    const calendar = after(1, office)
    const eight = monday + dayMs + 8 * hourMs
    expect(expectedRise(calendar, day, eight - 100_000, eight)).toBeCloseTo(12, 1)
    expect(expectedRise(emptyCalendar(), day, eight - 100_000, eight)).toBeUndefined()
  })

  it('has nothing to say where no rise is ahead', () => {
    const calendar = after(3, office)
    for (const hour of [3, 12, 18, 23]) {
      const now = monday + 3 * dayMs + hour * hourMs
      expect(expectedRise(calendar, day, now, now + 100_000)).toBeUndefined()
    }
  })

  it('knows weekends once a week has passed', () => {
    const calendar = after(7, (hour, today) => (today >= 5 ? 2 : office(hour)))
    const eightOn = (date: number): number => monday + date * dayMs + 8 * hourMs
    // Of the second week: Saturday is quiet, and Monday is not, whatever Sunday was.
    expect(expectedRise(calendar, week, eightOn(12) - 100_000, eightOn(12))).toBeUndefined()
    expect(expectedRise(calendar, week, eightOn(7) - 100_000, eightOn(7))).toBeGreaterThan(10)
    expect(expectedRise(calendar, day, eightOn(7) - 100_000, eightOn(7)) ?? 0).toBeLessThan(6)
  })

  it('expects as much more, or less, as today compares', () => {
    let calendar = after(2, office)
    const begin = monday + 2 * dayMs
    for (let ms = 0; ms < 8 * hourMs - 2 * minuteMs; ms += minuteMs) {
      calendar = withLoad(calendar, 1, begin + ms)
    }
    const eight = begin + 8 * hourMs
    const holiday = expectedRise(calendar, day, eight - 100_000, eight) ?? 0
    expect(holiday).toBeGreaterThan(5)
    expect(holiday).toBeLessThan(9)
  })

  it('is used only while it saves more than it wastes', () => {
    const calendar = after(2, office)
    expect(bestSeason(calendar)).toBe(-1)
    const known = { load: 1, expected: 1, worth: 0 }
    // A rise met: 10 of load that would have been late, at 20 each.
    const saving = proven(known, 12, 2, 12)
    expect(saving.worth).toBeCloseTo(200, 9)
    // A rise that did not come, five hundred times.
    let wasting = saving
    for (let time = 0; time < 500; time += 1) wasting = proven(wasting, 2, 2, 12)
    expect(wasting.worth).toBeLessThan(0)
    // No rise expected changes nothing but what fades.
    expect(proven(saving, 9, 2, 0).worth).toBeCloseTo(200, 1)
    expect(bestSeason({ ...calendar, trust: [saving, wasting] })).toBe(day)
    // Of equals the week, which knows more.
    expect(bestSeason({ ...calendar, trust: [saving, saving] })).toBe(week)
  })

  it('stays under 20 kB, and is known again when stored', () => {
    const calendar = after(9, (hour, today) => Math.abs(Math.sin(hour * 7 + today)) * 1234.56789)
    const stored = JSON.stringify(calendar)
    expect(stored.length).toBeLessThan(20_000)
    expect(isCalendar(JSON.parse(stored))).toBe(true)
    expect(isCalendar({ ...calendar, loads: { day: [1], week: [] } })).toBe(false)
    expect(isCalendar({ ...calendar, trust: [] })).toBe(false)
  })
})
