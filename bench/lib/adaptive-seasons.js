import { fitted, newRandom, parts, shape, simulate } from '@flotilla/simulator'

/**
 * @import { Behavior, Policy } from '@flotilla/core'
 * @import { LayerName, ShapePart, Trace } from '@flotilla/simulator'
 */

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const ticksPerDay = 5760

/**
 * A load of so many days that opens at about the same time each day, at another height, closes over an hour and a half,
 * and is quieter at weekends.
 *
 * @param {number} seed
 * @param {number} days
 */
export function seasonalLoad(seed, days) {
  const random = newRandom(seed, 'season')
  /** @type {(low: number, high: number) => number} */
  const between = (low, high) => low + (high - low) * random.uniform()
  const openMs = (Math.round(between(6, 10) * 12) * hourMs) / 12
  const closeMs = openMs + between(6, 12) * hourMs
  const riseMs = Math.max(1, between(0, 12) * 60_000)
  const night = between(0.05, 0.3)
  const weekend = between(0.1, 1)
  const deviation = between(0.03, 0.2)
  const heights = Array.from({ length: days }, () => between(0.85, 1.15))
  /** @type {ShapePart} */
  const wave = ({ count, intervalMs }) =>
    Float64Array.from({ length: count }, (_, place) => {
      const ms = place * intervalMs
      const day = Math.floor(ms / dayMs)
      const ofDay = ms - day * dayMs
      const open = Math.min(1, Math.max(0, (ofDay - openMs) / riseMs))
      const closed = Math.min(1, Math.max(0, (closeMs + 1.5 * hourMs - ofDay) / (1.5 * hourMs)))
      return (
        (night + (1 - night) * Math.min(open, closed)) * (day % 7 >= 5 ? weekend : 1) * (heights[day] ?? 1)
      )
    })
  const load = shape({
    name: `season-${seed}`,
    parts: [wave, parts.noise({ deviation })],
    seed,
    durationMs: days * dayMs,
  })
  return fitted(load, 20)
}

/**
 * What a policy does with a load after its first week: instance-time per demand, and the percentage of slow requests.
 *
 * @param {Trace} trace
 * @param {LayerName} layer
 * @param {Policy} policy
 * @param {Behavior} behavior
 */
export function afterOneWeek(trace, layer, policy, behavior) {
  const { timeline } = simulate({ trace, layer, policy, behavior })
  const sum = { slow: 0, arrived: 0, paid: 0, demand: 0 }
  for (let tick = 7 * ticksPerDay; tick < timeline.at.length; tick += 1) {
    sum.slow += timeline.slow[tick] ?? 0
    sum.arrived += timeline.arrived[tick] ?? 0
    sum.paid += timeline.paid[tick] ?? 0
    sum.demand += timeline.demand[tick] ?? 0
  }
  return { cost: sum.paid / sum.demand, slowPercent: (100 * sum.slow) / sum.arrived }
}
