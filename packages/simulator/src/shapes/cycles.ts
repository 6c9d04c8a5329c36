import { type ShapePart, drawn } from './shape.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Options of a load that follows the day. */
export interface DailyOptions {
  /** Height of the wave: 0.5 swings from half to one and a half. 0 to 1; default 0.5. */
  readonly amplitude?: number | undefined
  /** Hour of the day at its highest; default 15. */
  readonly peakHour?: number | undefined
  /** Above 1 the peak is narrow and the trough wide; default 1, a sine. */
  readonly sharpness?: number | undefined
}

/** The wave of a day. */
export function daily({ amplitude = 0.5, peakHour = 15, sharpness = 1 }: DailyOptions = {}): ShapePart {
  return drawn((ms) => {
    const phase = (2 * Math.PI * (ms - peakHour * hourMs)) / dayMs
    const height = ((1 + Math.cos(phase)) / 2) ** sharpness
    return 1 - amplitude + 2 * amplitude * height
  })
}

/**
 * A quieter weekend: days 5 and 6 of each week, counted from the start.
 *
 * @param factor - of the weekend's load; default 0.6
 */
export function weekly(factor: number = 0.6): ShapePart {
  return drawn((ms) => (Math.floor(ms / dayMs) % 7 >= 5 ? factor : 1))
}

/**
 * Growth, or decline, in equal proportion each day.
 *
 * @param perDay - 1.1 is a tenth more each day
 */
export function trend(perDay: number): ShapePart {
  return drawn((ms) => perDay ** (ms / dayMs))
}

/** Options of a load that is there or not. */
export interface OnOffOptions {
  readonly onMs: number
  readonly offMs: number
  /** Factor while off; default 0.1. */
  readonly low?: number | undefined
}

/** A load that is there and then is not: batch work, office hours. */
export function onOff({ onMs, offMs, low = 0.1 }: OnOffOptions): ShapePart {
  return drawn((ms) => (ms % (onMs + offMs) < onMs ? 1 : low))
}
