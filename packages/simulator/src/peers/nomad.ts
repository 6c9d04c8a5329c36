import type { Policy } from '@flotilla/core'
import { check, checkOptions } from '@flotilla/core/authoring'
import * as v from 'valibot'
import type { Contender } from '../replay/contender.js'
import { brief, coolingDown, meanOfInstances, roundUp } from './seen.js'

/** Options of a Nomad scaling policy. */
export interface NomadOptions {
  /** Share of an instance's CPU. */
  readonly target: number
  /** After each change, milliseconds; default 300,000. */
  readonly cooldownMs?: number | undefined
}

const schema = v.strictObject({
  target: check.positiveNumber(),
  cooldownMs: v.optional(check.milliseconds()),
})

const band = 0.01

/**
 * Nomad Autoscaler's target-value strategy on CPU: current x (metric / target), rounded up, when that is more than 1 %
 * from 1, and then a cooldown.
 *
 * @see https://developer.hashicorp.com/nomad/tools/autoscaling/plugins/strategy/target-value
 */
export function nomad(options: NomadOptions): Contender {
  const { target, cooldownMs = 300_000 } = checkOptions('nomad', schema, options)
  const policy: Policy = {
    name: `nomadTargetValue(cpu ${brief(target)})`,
    metrics: ['cpu'],
    evaluate(input) {
      const seen = meanOfInstances(input, 'cpu')
      if (!seen.has) return { proposal: seen.proposal }
      const current = input.observation.desired
      const factor = seen.value / target
      const holds = factor >= 1 - band && factor <= 1 + band
      const count = holds ? current : roundUp(current * factor)
      return {
        proposal: { kind: 'count', count, reason: `cpu ${brief(seen.value)}, factor ${brief(factor)}` },
      }
    },
  }
  return {
    name: `Nomad cpu ${Math.round(target * 100)} %`,
    policy,
    behavior: coolingDown(cooldownMs),
    source: 'Nomad Autoscaler target-value, default cooldown',
  }
}
