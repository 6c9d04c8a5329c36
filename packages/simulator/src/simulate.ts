import type { Behavior, DecisionState, DecisionTrace, MissingRule, Policy } from '@flotilla/core'
import { check, checkOptions, invalidOption } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { contenderOf, policySchema } from './replay/contender.js'
import { type Simulation, replay } from './replay/replay.js'
import { type ScenarioOptions, newScenario, scenarioEntries } from './replay/scenario.js'

export interface SimulateOptions extends ScenarioOptions {
  /** The rule for the size. Give this or `policies`. */
  readonly policy?: Policy | undefined
  /** Several, of which the largest count wins. */
  readonly policies?: readonly Policy[] | undefined
  /** Windows, rates and cooldowns; by default those of a live group, which are Kubernetes' HPA's. */
  readonly behavior?: Behavior | undefined
  /** By metric name, as a live group's sources say it; a metric without a rule holds. */
  readonly missing?: Readonly<Record<string, MissingRule>> | undefined
  /** Told of every decision, with the state that it leaves. */
  readonly onDecision?: ((trace: DecisionTrace, state: DecisionState) => void) | undefined
}

const schema = v.strictObject({
  ...scenarioEntries,
  policy: v.optional(policySchema),
  policies: v.optional(policySchema),
  behavior: v.optional(v.unknown()),
  missing: v.optional(
    v.record(v.string(), v.looseObject({ kind: v.picklist(['hold', 'last', 'assume', 'fail']) })),
  ),
  onDecision: v.optional(check.func()),
})

/**
 * What a policy would have done with a load, second by second: the `decide` that runs live, on a clock of its own,
 * against a model of the service and of the layer it runs on. The same options give the same answer.
 *
 * @throws FlotillaError `invalid-options`
 */
export function simulate(options: SimulateOptions): Simulation {
  checkOptions('simulate', schema, options)
  const { policy, policies, behavior, missing, onDecision, ...scenarioOptions } = options
  if ((policy === undefined) === (policies === undefined)) {
    throw invalidOption('simulate', 'policy', policy, 'given, or policies, and not both')
  }
  const rules = policies ?? (policy === undefined ? [] : [policy])
  const name = rules.map((rule) => rule.name).join(' + ')
  const scenario = newScenario(scenarioOptions)
  const contender = contenderOf({ name, policy: rules, behavior })
  return replay(scenario, contender, { missing: new Map(Object.entries(missing ?? {})), onDecision })
}
