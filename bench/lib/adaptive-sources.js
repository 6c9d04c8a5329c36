/**
 * Loads that are sums of what few or many clients do. Their bursts are as large on a quiet night as at noon, where the
 * noise and the spikes of `parts` are shares of the load.
 *
 * @import { ShapePart } from '@flotilla/simulator'
 */

/**
 * Few heavy clients: each comes by chance, sends at a rate of its own, and leaves. Rates are heavy-tailed.
 *
 * @param {object} options
 * @param {number} options.present - clients there at one time, on average, at the height of the day
 * @param {number} options.lengthMs - mean stay
 * @param {number} options.tail - of the rates: the smaller, the fewer clients make most of the load; > 1
 * @param {(ms: number) => number} options.wave - share of the arrivals at that time of the day, 0..1
 * @param {number} options.base - a load that is always there, in mean clients
 * @returns {ShapePart}
 */
export function heavyClients({ present, lengthMs, tail, wave, base }) {
  return ({ count, intervalMs, random }) => {
    const load = Float64Array.from({ length: count }, (_, place) => base * wave(place * intervalMs))
    const endMs = count * intervalMs
    const meanGapMs = lengthMs / present
    for (let atMs = -3 * lengthMs; atMs < endMs; atMs += meanGapMs * random.exponential()) {
      const comes = random.uniform() < wave(atMs)
      const stayMs = lengthMs * random.exponential()
      const rate = heavy(random.uniform(), tail)
      if (comes) addTo(load, intervalMs, atMs, atMs + stayMs, rate)
    }
    return load
  }
}

/**
 * Sources that are on for a while and off for a while, each in its own time. Two are an on-off load of four levels; two
 * hundred are a smooth load with the noise of their number.
 *
 * @param {object} options
 * @param {number} options.sources
 * @param {number} options.onMs - mean time on
 * @param {number} options.offMs - mean time off, at the height of the day
 * @param {number} options.tail - of the times: 1.5 has a few that last very long; > 1
 * @param {(ms: number) => number} options.wave - share of the sources that come back at that time of the day, 0..1
 * @param {number} options.base - a load that is always there, in sources
 * @returns {ShapePart}
 */
export function onOffSources({ sources, onMs, offMs, tail, wave, base }) {
  return ({ count, intervalMs, random }) => {
    const load = Float64Array.from({ length: count }, (_, place) => base * wave(place * intervalMs))
    const endMs = count * intervalMs
    for (let source = 0; source < sources; source += 1) {
      const rate = 0.5 + random.uniform()
      let atMs = -(onMs + offMs) * random.uniform()
      while (atMs < endMs) {
        const untilMs = atMs + onMs * heavy(random.uniform(), tail)
        addTo(load, intervalMs, atMs, untilMs, rate)
        const quiet = Math.max(0.05, wave(untilMs))
        atMs = untilMs + (offMs * heavy(random.uniform(), tail)) / quiet
      }
    }
    return load
  }
}

/**
 * A Pareto number of mean 1, at most 50.
 *
 * @param {number} chance - 0 <= value < 1
 * @param {number} tail
 */
const heavy = (chance, tail) => Math.min(50, ((tail - 1) / tail) * (1 - chance) ** (-1 / tail))

/**
 * Adds a rate between two moments, by the share of each interval that lies between them.
 *
 * @param {Float64Array} load
 * @param {number} intervalMs
 * @param {number} fromMs
 * @param {number} toMs
 * @param {number} rate
 */
function addTo(load, intervalMs, fromMs, toMs, rate) {
  const first = Math.max(0, Math.floor(fromMs / intervalMs))
  const last = Math.min(load.length - 1, Math.floor(toMs / intervalMs))
  for (let place = first; place <= last; place += 1) {
    const beginMs = Math.max(fromMs, place * intervalMs)
    const endMs = Math.min(toMs, (place + 1) * intervalMs)
    load[place] = (load[place] ?? 0) + (rate * Math.max(0, endMs - beginMs)) / intervalMs
  }
}
