import { type ShapePart, drawn } from './shape.js'

/** Options of a load that changes in steps. */
export interface StepsOptions {
  /** Mean time on one level, milliseconds; default two hours. */
  readonly holdMs?: number | undefined
  /** Levels are drawn evenly between these; default 0.3 and 1. */
  readonly low?: number | undefined
  readonly high?: number | undefined
}

/** A level that jumps to another at random moments. */
export function steps({ holdMs = 7_200_000, low = 0.3, high = 1 }: StepsOptions = {}): ShapePart {
  return ({ count, intervalMs, random }) => {
    const factors = new Float64Array(count)
    let level = low + (high - low) * random.uniform()
    let until = holdMs * random.exponential()
    for (let index = 0; index < count; index += 1) {
      if (index * intervalMs >= until) {
        level = low + (high - low) * random.uniform()
        until = index * intervalMs + holdMs * random.exponential()
      }
      factors[index] = level
    }
    return factors
  }
}

/** Options of a load that grows or falls evenly. */
export interface RampOptions {
  /** Milliseconds since the start. */
  readonly fromMs: number
  readonly toMs: number
  /** The factor before, and the factor after. */
  readonly from: number
  readonly to: number
}

/** A straight climb, or fall, between two moments. */
export function ramp({ fromMs, toMs, from, to }: RampOptions): ShapePart {
  return drawn((ms) => {
    const share = Math.min(1, Math.max(0, (ms - fromMs) / Math.max(1, toMs - fromMs)))
    return from + (to - from) * share
  })
}

/** Options of a sudden crowd. */
export interface FlashCrowdOptions {
  /** When it breaks out, milliseconds since the start. */
  readonly atMs: number
  /** The factor at its height; default 4. */
  readonly height?: number | undefined
  /** From calm to its height; default two minutes. */
  readonly riseMs?: number | undefined
  /** Time in which what is left of it halves; default twenty minutes. */
  readonly halfLifeMs?: number | undefined
}

/** News breaks: a steep rise, then a slow decay. */
export function flashCrowd(options: FlashCrowdOptions): ShapePart {
  const { atMs, height = 4, riseMs = 120_000, halfLifeMs = 1_200_000 } = options
  return drawn((ms) => {
    if (ms < atMs) return 1
    const sinceMs = ms - atMs
    if (sinceMs < riseMs) return 1 + ((height - 1) * sinceMs) / riseMs
    return 1 + (height - 1) * 0.5 ** ((sinceMs - riseMs) / halfLifeMs)
  })
}

/** Options of short peaks. */
export interface SpikesOptions {
  /** How many a day, on average; default 6. */
  readonly perDay?: number | undefined
  /** Mean factor at the height of one; default 2. Heights differ, and no spike falls below 1. */
  readonly height?: number | undefined
  /** Mean length, milliseconds; default five minutes. */
  readonly lengthMs?: number | undefined
}

/** Short bursts at random moments. */
export function spikes({ perDay = 6, height = 2, lengthMs = 300_000 }: SpikesOptions = {}): ShapePart {
  return ({ count, intervalMs, random }) => {
    const factors = new Float64Array(count).fill(1)
    const meanGapMs = 86_400_000 / perDay
    let atMs = meanGapMs * random.exponential()
    while (atMs < count * intervalMs) {
      const factor = 1 + (height - 1) * random.exponential()
      const untilMs = atMs + lengthMs * random.exponential()
      const last = Math.min(count - 1, Math.floor(untilMs / intervalMs))
      for (let index = Math.floor(atMs / intervalMs); index <= last; index += 1) {
        factors[index] = Math.max(factors[index] ?? 1, factor)
      }
      atMs += meanGapMs * random.exponential()
    }
    return factors
  }
}
