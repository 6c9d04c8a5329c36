import type { Contender } from '../../replay/contender.js'
import { type CapacityOptions, loadRule } from './load-rule.js'

/**
 * React: a fifth more than is missing as soon as anything is missing, and back to a fifth above the load once there is a
 * tenth too much.
 *
 * @see T. Chieu et al., Dynamic Scaling of Web Applications in a Virtualized Cloud Computing Environment (ICEBE 2009),
 *   in the form compared by A. Ilyushkin et al. (ICPE 2017)
 */
export function react(options: CapacityOptions = {}): Contender {
  const source = 'Chieu et al. 2009, as compared by the SPEC RG'
  return loadRule('React', source, options, null, ({ load, needed, current, state }) => {
    const missing = needed - current
    if (missing > 0) return { count: current + Math.trunc(1.2 * missing), state }
    if (1.1 * load < current) return { count: Math.round(1.2 * needed), state }
    return { count: current, state }
  })
}
