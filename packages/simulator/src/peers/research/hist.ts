import type { Contender } from '../../replay/contender.js'
import { type CapacityOptions, loadRule } from './load-rule.js'

type Histogram = readonly (readonly [load: number, count: number])[]

interface HistState {
  /** By hour of the day: the loads seen, in whole instances and rising, each with how often. */
  readonly hours: readonly Histogram[]
  /** Excess of the last counts over the load, the newest last; negative where they fell short. */
  readonly errors: readonly number[]
}

const percentile = 0.9
const errorsForMean = 5
const errorsForRepair = 10
const shortForRepair = 5

/**
 * Hist: the ninetieth percentile of the loads seen at this hour of the day, corrected by the mean of the last five
 * errors; a twentieth above the load when it fell short more than five times of ten.
 *
 * @see B. Urgaonkar et al., Agile Dynamic Provisioning of Multi-Tier Internet Applications (TAAS 2008),
 *   in the form compared by A. Ilyushkin et al. (ICPE 2017)
 */
export function hist(options: CapacityOptions = {}): Contender {
  const source = 'Urgaonkar et al. 2008, as compared by the SPEC RG'
  const first: HistState = { hours: Array.from({ length: 24 }, () => []), errors: [] }
  return loadRule('Hist', source, options, first, ({ load, needed, current, now, state }) => {
    const hour = Math.floor(now / 3_600_000) % 24
    const seen = state.hours[hour] ?? []
    const errors = [...state.errors, current - needed].slice(-errorsForRepair)
    const hours = state.hours.with(hour, counted(seen, needed))
    const shortCount = errors.filter((error) => error < 0).length
    if (shortCount > shortForRepair) return { count: Math.ceil(1.05 * load), state: { hours, errors: [] } }
    const recent = errors.slice(-errorsForMean)
    const error =
      recent.length < errorsForMean ? 0 : recent.reduce((sum, one) => sum + one, 0) / recent.length
    const base = percentileOf(seen) ?? current
    const count = base - error > 0 ? base - error : base - error / 5
    return { count, state: { hours, errors } }
  })
}

function counted(histogram: Histogram, load: number): Histogram {
  const place = histogram.findIndex(([other]) => other >= load)
  const found = histogram[place]
  if (found === undefined) return [...histogram, [load, 1]]
  if (found[0] === load) return histogram.with(place, [load, found[1] + 1])
  return histogram.toSpliced(place, 0, [load, 1])
}

function percentileOf(histogram: Histogram): number | undefined {
  let rest = Math.floor(percentile * histogram.reduce((sum, [, count]) => sum + count, 0))
  for (const [load, count] of histogram) {
    rest -= count
    if (rest < 0) return load
  }
  return undefined
}
