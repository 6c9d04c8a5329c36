import { newRandom } from '../random.js'
import type { Trace } from '../trace.js'
import { daily, onOff, trend, weekly } from './cycles.js'
import { flashCrowd, ramp, spikes, steps } from './events.js'
import { counting, noise, wander } from './noise.js'
import { type ShapeOptions, type ShapePart, shape } from './shape.js'

/** The kinds of load that `randomShape` draws from. */
export const shapeKinds = [
  'diurnal',
  'noisy-diurnal',
  'weekly',
  'spikes',
  'steps',
  'ramps',
  'flash-crowd',
  'on-off',
  'trend',
  'wander',
  'mixed',
] as const

/** A kind of load. */
export type ShapeKind = (typeof shapeKinds)[number]

/** Bounds of a random load. */
export interface RandomShapeOptions extends Omit<ShapeOptions, 'name' | 'parts' | 'seed'> {
  /** Default: drawn too. */
  readonly kind?: ShapeKind | undefined
}

const dayMs = 86_400_000
const hourMs = 3_600_000

/**
 * A load of a kind with everything else about it drawn: heights, lengths, moments, noise. For tuning and testing on more
 * than a handful of traces. The same seed gives the same load.
 *
 * @throws FlotillaError `invalid-options`
 */
export function randomShape(seed: number, options: RandomShapeOptions = {}): Trace {
  const random = newRandom(seed, 'shape')
  const uniform = (): number => random.uniform()
  const { kind: asked, ...rest } = options
  const kind = asked ?? shapeKinds[Math.floor(uniform() * shapeKinds.length)] ?? 'mixed'
  const durationMs = rest.durationMs ?? dayMs
  const between = (low: number, high: number): number => low + (high - low) * uniform()
  const wave = (): ShapePart =>
    daily({ amplitude: between(0.2, 0.8), peakHour: between(0, 24), sharpness: between(1, 2.5) })
  const parts: Readonly<Record<ShapeKind, () => readonly ShapePart[]>> = {
    diurnal: () => [wave(), noise({ deviation: between(0.01, 0.05) })],
    'noisy-diurnal': () => [wave(), counting(between(20, 200)), noise({ deviation: 0.1, memoryMs: 300_000 })],
    weekly: () => [wave(), weekly(between(0.4, 0.8)), noise({ deviation: between(0.02, 0.1) })],
    spikes: () => [
      wave(),
      spikes({ perDay: between(4, 40), height: between(1.3, 3), lengthMs: between(1, 10) * 60_000 }),
      noise({ deviation: between(0.02, 0.1) }),
    ],
    steps: () => [steps({ holdMs: between(0.3, 3) * hourMs }), noise({ deviation: between(0.01, 0.1) })],
    ramps: () => [...ramps(durationMs, uniform), noise({ deviation: between(0.02, 0.1) })],
    'flash-crowd': () => [
      wave(),
      flashCrowd({
        atMs: between(0.2, 0.8) * durationMs,
        height: between(2, 6),
        riseMs: between(0.5, 10) * 60_000,
        halfLifeMs: between(5, 60) * 60_000,
      }),
      noise({ deviation: between(0.02, 0.08) }),
    ],
    'on-off': () => [
      onOff({ onMs: between(0.2, 2) * hourMs, offMs: between(0.2, 2) * hourMs, low: between(0.05, 0.4) }),
      noise({ deviation: between(0.02, 0.1) }),
    ],
    trend: () => [wave(), trend(between(0.7, 1.5)), noise({ deviation: between(0.02, 0.1) })],
    wander: () => [wander(between(0.1, 0.5), between(5, 60) * 60_000), counting(between(50, 1000))],
    mixed: () => [
      wave(),
      wander(between(0.05, 0.2), between(10, 40) * 60_000),
      spikes({ perDay: between(2, 12), height: between(1.3, 2.5) }),
      counting(between(50, 1000)),
    ],
  }
  return shape({ ...rest, name: `${kind}-${seed}`, parts: parts[kind](), seed })
}

/** Up and down again at random slopes, four times. */
function ramps(durationMs: number, uniform: () => number): readonly ShapePart[] {
  const count = 4
  const stretchMs = durationMs / count
  return Array.from({ length: count }, (_, index) => {
    const startMs = index * stretchMs
    const riseMs = stretchMs * (0.05 + 0.4 * uniform())
    const height = 1.5 + 1.5 * uniform()
    return [
      ramp({ fromMs: startMs, toMs: startMs + riseMs, from: 1, to: height }),
      ramp({ fromMs: startMs + stretchMs - riseMs, toMs: startMs + stretchMs, from: 1, to: 1 / height }),
    ]
  }).flat()
}
