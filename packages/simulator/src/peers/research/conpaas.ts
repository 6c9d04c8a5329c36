import type { Contender } from '../../replay/contender.js'
import { type CapacityOptions, loadRule } from './load-rule.js'
import { extrapolateLine } from './parabola.js'

interface ConpaasState {
  readonly loads: readonly number[]
  /** What each forecaster said last time, and how far off it was. */
  readonly said: readonly number[]
  readonly best: number
}

const remembered = 20

/**
 * ConPaaS: the forecast of whichever of its forecasters was nearest the last time, over the last twenty loads: a straight
 * line, exponential smoothing with a trend, or regression of each load on the one before.
 *
 * @see H. Fernandez et al., Autoscaling Web Applications in Heterogeneous Cloud Infrastructures (IC2E 2014),
 *   in the form compared by A. Ilyushkin et al. (ICPE 2017); its ARMA model is left out
 */
export function conpaas(options: CapacityOptions = {}): Contender {
  const source = 'Fernandez et al. 2014, as compared by the SPEC RG'
  const first: ConpaasState = { loads: [], said: [], best: 0 }
  return loadRule('ConPaaS', source, options, first, ({ load, needed, state }) => {
    const loads = [...state.loads, load].slice(-remembered)
    const said = [extrapolateLine(loads, 1), smoothed(loads), autoregressed(loads)]
    if (loads.length < remembered) return { count: needed, state: { loads, said, best: 0 } }
    const best = nearest(state.said, load, state.best)
    return { count: Math.max(0, said[best] ?? load), state: { loads, said, best } }
  })
}

function nearest(said: readonly number[], truth: number, fallback: number): number {
  let best = fallback
  let smallest = Infinity
  for (const [index, value] of said.entries()) {
    const error = Math.abs(value - truth)
    if (error < smallest) {
      smallest = error
      best = index
    }
  }
  return best
}

/** Holt's method, one step ahead. */
function smoothed(loads: readonly number[]): number {
  const weight = 0.5
  let level = loads[0] ?? 0
  let trend = 0
  for (const load of loads.slice(1)) {
    const before = level
    level = weight * load + (1 - weight) * (level + trend)
    trend = weight * (level - before) + (1 - weight) * trend
  }
  return level + trend
}

/** load[t + 1] as a straight-line function of load[t]. */
function autoregressed(loads: readonly number[]): number {
  const last = loads.at(-1) ?? 0
  const count = loads.length - 1
  if (count < 2) return last
  let sx = 0
  let sy = 0
  let sxx = 0
  let sxy = 0
  for (const [index, y] of loads.entries()) {
    if (index === 0) continue
    const x = loads[index - 1] ?? 0
    sx += x
    sy += y
    sxx += x * x
    sxy += x * y
  }
  const spread = count * sxx - sx * sx
  if (spread <= 1e-12) return last
  const slope = (count * sxy - sx * sy) / spread
  return (sy - slope * sx) / count + slope * last
}
