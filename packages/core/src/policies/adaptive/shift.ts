import { type Forecaster, forecasters, slotsMs } from './forecast.js'
import type { Learning } from './state.js'

/** What was learnt, after the clock was set ahead by `byMs`: every time and slot remembered moves along. */
export function shiftLearning(learning: Learning, byMs: number): Learning {
  const { at, records, pending, needs, lastRead } = learning
  const moved = (read: number): number => (read === 0 ? 0 : read + byMs)
  return {
    ...learning,
    at: at === undefined ? undefined : at + byMs,
    records: records.map((record, place) => {
      const { course } = record
      const slots = slotsOf(forecasters[place], byMs)
      const peaks = course.peaks.map(([slot, height]): [number, number] => [slot + slots, height])
      return { ...record, course: { ...course, peaks } }
    }),
    pending: pending.map(([due = 0, ...rest]) => [due + byMs, ...rest]),
    needs: needs.map(([seen, need]): [number, number] => [seen + byMs, need]),
    lastRead: [moved(lastRead[0]), moved(lastRead[1])],
  }
}

function slotsOf(forecaster: Forecaster | undefined, byMs: number): number {
  const slotMs = forecaster === undefined ? undefined : slotsMs[forecaster]
  return slotMs === undefined ? 0 : Math.round(byMs / slotMs)
}
