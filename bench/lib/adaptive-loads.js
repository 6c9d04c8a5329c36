import { newRandom, parts, randomShape, shape } from '@flotilla/simulator'
import { heavyClients, onOffSources } from './adaptive-sources.js'

const hourMs = 3_600_000
const minuteMs = 60_000
const dayMs = 24 * hourMs

const calmKinds = /** @type {const} */ (['diurnal', 'weekly', 'trend', 'ramps'])

/** So many in a row are of all kinds. */
export const kindCount = 12

/**
 * A load of eight to twenty hours. Of twelve in a row, four are calm, one is so every other time, four are of kinds whose
 * bursts are shares of the load (spikes, on and off, flash crowds, noise, steps), and three of kinds whose bursts are not:
 * few heavy clients, sources that are on and off, many small sources.
 *
 * @param {number} seed
 * @param {number} [longer] - so many times as long
 */
export function drawnLoad(seed, longer = 1) {
  const random = newRandom(seed, 'hard mix')
  /** @type {(low: number, high: number) => number} */
  const between = (low, high) => low + (high - low) * random.uniform()
  const durationMs = longer * between(8, 20) * hourMs
  const place = seed % kindCount
  const calm = calmKinds[place - 5]
  if (calm !== undefined) return randomShape(seed, { kind: calm, durationMs })
  if (place >= 9) return summed(seed, place, durationMs, between)

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

/**
 * A load that is a sum.
 *
 * @param {number} seed
 * @param {number} place
 * @param {number} durationMs
 * @param {(low: number, high: number) => number} between
 */
function summed(seed, place, durationMs, between) {
  const peakMs = between(0, 24) * hourMs
  const trough = between(0.02, 0.4)
  const sharpness = between(1, 3)
  /** @param {number} ms */
  const wave = (ms) =>
    trough + (1 - trough) * ((1 + Math.cos((2 * Math.PI * (ms - peakMs)) / dayMs)) / 2) ** sharpness
  const kinds = [
    {
      kind: 'heavy-clients',
      of: () =>
        heavyClients({
          present: Math.exp(between(Math.log(4), Math.log(40))),
          lengthMs: between(1, 12) * minuteMs,
          tail: between(1.2, 2.5),
          base: between(0.2, 3),
          wave,
        }),
    },
    {
      kind: 'on-off-sources',
      of: () =>
        onOffSources({
          sources: Math.round(between(1, 10)),
          onMs: between(2, 25) * minuteMs,
          offMs: between(4, 60) * minuteMs,
          tail: between(1.4, 3),
          base: between(0.03, 0.8),
          wave,
        }),
    },
    {
      kind: 'small-sources',
      of: () =>
        onOffSources({
          sources: Math.round(between(30, 200)),
          onMs: between(0.5, 8) * minuteMs,
          offMs: between(2, 30) * minuteMs,
          tail: between(1.4, 3),
          base: between(0, 10),
          wave,
        }),
    },
  ]
  const { kind = '', of } = kinds[place - 9] ?? {}
  return shape({ name: `${kind}-${seed}`, parts: of === undefined ? [] : [of()], seed, durationMs })
}
