import { newRandom, parts, randomShape, shape } from '@flotilla/simulator'

const hourMs = 3_600_000
const minuteMs = 60_000

const calmKinds = /** @type {const} */ (['diurnal', 'weekly', 'trend', 'ramps'])

/**
 * A load of six to fourteen hours. Of nine in a row, four are calm, one is so every other time, and the others are of
 * kinds that no policy serves for free: spikes, on and off, flash crowds, noise, steps.
 *
 * The measures were set so that fixed settings of HPA and KEDA fare on them as they do on recorded traces of services;
 * HPA at 30 % keeps 20 of 27 cells within the SLO, at 70 % 14.
 *
 * @param {number} seed
 */
export function drawnLoad(seed) {
  const random = newRandom(seed, 'hard mix')
  /** @type {(low: number, high: number) => number} */
  const between = (low, high) => low + (high - low) * random.uniform()
  const durationMs = between(6, 14) * hourMs
  const place = seed % 9
  const calm = calmKinds[place - 5]
  if (calm !== undefined) return randomShape(seed, { kind: calm, durationMs })

  const wave = parts.daily({
    amplitude: between(0.3, 0.9),
    peakHour: between(0, 24),
    sharpness: between(1, 3),
  })
  if (place === 4 && seed % 2 === 0) {
    const mild = [wave, parts.noise({ deviation: between(0.03, 0.1) })]
    return shape({ name: `mild-${seed}`, parts: mild, seed, durationMs })
  }
  const noise = parts.noise({ deviation: between(0.05, 0.25) })
  const flash = () =>
    parts.flashCrowd({
      atMs: between(0.05, 0.9) * durationMs,
      height: between(4, 12),
      riseMs: between(0.2, 3) * minuteMs,
      halfLifeMs: between(3, 25) * minuteMs,
    })
  const spikes = { perDay: between(40, 160), height: between(2, 5), lengthMs: between(1, 6) * minuteMs }
  const onOff = { onMs: between(4, 40) * minuteMs, offMs: between(4, 40) * minuteMs, low: between(0.03, 0.3) }
  const kinds = [
    { kind: 'spikes', of: [wave, parts.spikes(spikes), noise] },
    { kind: 'on-off', of: [parts.onOff(onOff), noise] },
    { kind: 'flash-crowds', of: [wave, flash(), flash(), flash(), flash(), noise] },
    {
      kind: 'noise',
      of: [wave, parts.noise({ deviation: between(0.25, 0.6), memoryMs: between(0, 4) * minuteMs })],
    },
    { kind: 'steps', of: [parts.steps({ holdMs: between(6, 50) * minuteMs, low: 0.1 }), noise] },
  ]
  const { kind, of } = kinds[place] ?? { kind: 'wave', of: [wave] }
  return shape({ name: `${kind}-${seed}`, parts: of, seed, durationMs })
}
