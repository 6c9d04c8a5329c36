import { demandCurve } from '../service/demand.js'
import type { Service } from '../service/service.js'
import { type Trace, quantileOf, scaled } from '../trace.js'

const peakShare = 0.995

/**
 * The trace scaled so that its 99.5th-percentile rate needs `instances`: the same question for loads of any size.
 *
 * @param instances - whole number >= 1
 */
export function fitted(trace: Trace, instances: number, service: Service = {}): Trace {
  const peak = quantileOf(trace.values, peakShare)
  if (peak === 0) return trace
  return scaled(trace, demandCurve(service).carriedBy(instances) / peak)
}
