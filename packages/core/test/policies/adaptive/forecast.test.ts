import { describe, expect, it } from 'vitest'
import { advance, forecast, newCourse } from '../../../src/policies/adaptive/forecast.js'
import { at } from '../../observations.js'

describe('forecasts', () => {
  it('by level go half the way', () => {
    expect(forecast(advance('level', newCourse(10), 20, at), 5)).toBe(15)
    expect(forecast(advance('last', newCourse(10), 20, at), 5)).toBe(19)
    expect(forecast(advance('slow', newCourse(10), 20, at), 5)).toBe(12)
  })

  it('by trend go on climbing, each interval less', () => {
    let course = newCourse(10)
    for (let tick = 1; tick <= 100; tick += 1) course = advance('trend', course, 10 + tick, at)
    const steps = [1, 2, 3].map((ahead) => forecast(course, ahead) - forecast(course, ahead - 1))
    expect(steps[0]).toBeGreaterThan(0)
    expect(steps[1]).toBeCloseTo(0.9 * (steps[0] ?? 0), 9)
    expect(steps[2]).toBeCloseTo(0.81 * (steps[0] ?? 0), 9)
  })

  it.each([
    ['peak', 10],
    ['high', 120],
  ] as const)('by %s remember %s minutes', (kind, minutes) => {
    let course = advance(kind, newCourse(20), 20, 0)
    for (let minute = 1; minute < minutes; minute += 1) course = advance(kind, course, 4, minute * 60_000)
    expect(forecast(course, 1)).toBe(20)
    for (let minute = minutes; minute < 2 * minutes; minute += 1) {
      course = advance(kind, course, 4, minute * 60_000)
    }
    expect(forecast(course, 1)).toBeLessThan(12)
    expect(course.peaks.length).toBeLessThanOrEqual(10)
  })

  it('forget the peaks of a future that the clock went back from', () => {
    const later = advance('peak', newCourse(20), 20, at + 86_400_000)
    expect(forecast(advance('peak', later, 0, at), 1)).toBe(10)
  })
})
