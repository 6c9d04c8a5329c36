import type { Contender } from '../../replay/contender.js'
import { type CapacityOptions, loadRule } from './load-rule.js'

interface AdaptState {
  /** Change decided on and not yet made, a fraction of an instance. */
  readonly carry: number
  readonly ticks: number
  /** Sum of the counts so far, for their mean. */
  readonly sum: number
}

/**
 * Adapt: grows at once to a tenth above the load, with what its controller foresees on top, and shrinks a quarter of the
 * excess at a time. The controller's gain is the present size over the mean size so far.
 *
 * @see A. Ali-Eldin et al., An Adaptive Hybrid Elasticity Controller for Cloud Infrastructures (NOMS 2012),
 *   in the form compared by A. Ilyushkin et al. (ICPE 2017)
 */
export function adapt(options: CapacityOptions = {}): Contender {
  const source = 'Ali-Eldin et al. 2012, as compared by the SPEC RG'
  const first: AdaptState = { carry: 0, ticks: 0, sum: 0 }
  return loadRule('Adapt', source, options, first, ({ needed, current, state }) => {
    const ticks = state.ticks + 1
    const sum = state.sum + current
    const gain = sum === 0 ? 1 : (current * ticks) / sum
    const change = gain * (needed - current)
    const wanted = state.carry + (change < 0 ? change / 4 : change)
    const whole = Math.trunc(wanted)
    const next: AdaptState = { carry: wanted - whole, ticks, sum }
    if (needed > current) return { count: Math.ceil(1.1 * needed) + Math.max(0, whole), state: next }
    if (whole < 0) return { count: Math.max(needed, current + whole), state: next }
    return { count: current, state: next }
  })
}
