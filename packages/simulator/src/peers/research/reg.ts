import type { Contender } from '../../replay/contender.js'
import { type CapacityOptions, loadRule } from './load-rule.js'
import { extrapolateParabola } from './parabola.js'

const remembered = 60

/**
 * Reg: grows by rule to a twentieth above the load, and shrinks to a fifth above what a parabola through the last sixty
 * loads foresees.
 *
 * @see W. Iqbal et al., Adaptive Resource Provisioning for Read Intensive Multi-tier Applications in the Cloud (FGCS 2011),
 *   in the form compared by A. Ilyushkin et al. (ICPE 2017)
 */
export function reg(options: CapacityOptions = {}): Contender {
  const source = 'Iqbal et al. 2011, as compared by the SPEC RG'
  const first: readonly number[] = []
  return loadRule('Reg', source, options, first, ({ load, needed, current, state }) => {
    const loads = [...state, needed].slice(-remembered)
    if (needed > current) return { count: Math.ceil(1.05 * load), state: loads }
    if (needed === current) return { count: current, state: loads }
    const foreseen = Math.ceil(extrapolateParabola(loads, 1))
    if (foreseen <= 0) return { count: current, state: loads }
    return { count: Math.min(current, Math.ceil(1.2 * foreseen)), state: loads }
  })
}
