import { expect, it } from 'vitest'
import { CountWindow } from '../../src/traffic/count-window.js'

const startMs = 123_456

function newWindow(): CountWindow {
  return new CountWindow({ columnCount: 2, windowMs: 10_000, startMs })
}

it('counts each column by itself', () => {
  const window = newWindow()
  window.add(0, startMs)
  window.add(1, startMs)
  window.add(1, startMs + 5)
  expect([window.total(0, startMs + 5), window.total(1, startMs + 5)]).toEqual([1, 2])
})

it('forgets what is older than the window, and nothing that is younger than nine tenths of it', () => {
  for (let offsetMs = 0; offsetMs < 1000; offsetMs += 100) {
    const window = newWindow()
    const addedMs = startMs + offsetMs
    window.add(0, addedMs)
    expect(window.total(0, addedMs + 9000)).toBe(1)
    expect(window.total(0, addedMs + 10_000)).toBe(0)
  }
})

it('forgets everything after a long silence', () => {
  const window = newWindow()
  for (let ms = 0; ms < 10_000; ms += 10) window.add(0, startMs + ms)
  expect(window.total(0, startMs + 1e9)).toBe(0)
  window.add(0, startMs + 1e9)
  expect(window.total(0, startMs + 1e9)).toBe(1)
})

it.each([
  [50, 20],
  [200, 5],
  [1, 1000],
])('gives the rate of a steady load: one each %i ms is %i per second', (everyMs, perSecond) => {
  const window = newWindow()
  const off: number[] = []
  for (let ms = 0; ms <= 25_000; ms += everyMs) {
    window.add(0, startMs + ms)
    // From the first second on, in a window that is not full yet and in one that is.
    if (ms >= 1000) off.push(Math.abs(window.perSecond(0, startMs + ms) - perSecond))
  }
  expect(Math.max(...off)).toBeLessThanOrEqual(1)
})

it('does not take the first request for a thousand per second', () => {
  const window = newWindow()
  window.add(0, startMs + 1)
  expect(window.perSecond(0, startMs + 1)).toBe(1)
})

it('is not changed by reading it', () => {
  const [read, unread] = [newWindow(), newWindow()]
  for (let ms = 0; ms < 30_000; ms += 70) {
    read.add(0, startMs + ms)
    unread.add(0, startMs + ms)
    read.perSecond(0, startMs + ms)
    read.total(1, startMs + ms + 20)
  }
  expect(read.perSecond(0, startMs + 30_000)).toBe(unread.perSecond(0, startMs + 30_000))
})
