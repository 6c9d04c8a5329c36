import * as v from 'valibot'
import { invalidOption } from '../../options/check-options.js'
import { type Behavior, behaviorFor } from '../../decide/behavior.js'
import type { Metrics } from '../../metrics/metrics.js'
import type { Policy } from '../../policies/policy.js'
import { policySchema } from '../../policies/kit/declared.js'
import { checkMetrics } from '../options/metric-sources.js'
import type { Shadow } from './shadows.js'

/** More would be a simulation: that is what the simulator is for. */
const mostShadows = 16

/** One policy, or several of which the largest count wins. */
export const policiesSchema: v.GenericSchema<Policy | readonly Policy[]> = v.union([
  policySchema,
  v.pipe(v.array(policySchema), v.minLength(1, 'a policy, or a list of at least one policy')),
])

/** Policies that only watch, by their names. */
export type ShadowOptions = Readonly<Record<string, Policy | readonly Policy[]>>

export const shadowSchema: v.GenericSchema<ShadowOptions> = v.record(v.string(), policiesSchema)

/**
 * The shadows of a group, each damped as a group of its own would be.
 *
 * @throws FlotillaError `invalid-options`
 */
export function shadowsOf(
  given: ShadowOptions = {},
  behavior: Behavior | undefined,
  sources: readonly Metrics[],
): readonly Shadow[] {
  const shadows = Object.entries(given)
  if (shadows.length > mostShadows) {
    throw invalidOption('Autoscaler', 'shadow', shadows.length, `at most ${mostShadows} policies`)
  }
  return shadows.map(([name, one]) => {
    if (!/^\P{C}{1,64}$/u.test(name)) {
      throw invalidOption('Autoscaler', 'shadow', name, 'named with 1 to 64 characters that can be printed')
    }
    const policies = Array.isArray(one) ? (one as readonly Policy[]) : [one as Policy]
    checkMetrics('shadow', policies, sources)
    return { name, policies, behavior: behaviorFor(policies, behavior) }
  })
}
