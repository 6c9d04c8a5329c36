import type { DecisionTrace } from '../../decide/trace.js'
import { failuresOf } from '../../policies/kit/evaluate.js'
import type { Events } from './events.js'
import type { Problems } from './problems.js'

/** Tells what stands in the way of a group by its decisions, from the first that shows it until one no longer does. */
export function tellDecisionProblems(events: Events, problems: Problems): void {
  events.on('decision', (trace) => {
    tellAtMax(trace, problems)
    tellFailures(trace, problems)
  })
}

function tellAtMax({ steps }: DecisionTrace, problems: Problems): void {
  const clamp = steps.find(({ step }) => step === 'clamp')
  if (clamp === undefined || clamp.got <= clamp.gave) problems.over('at-max', '')
  else problems.stands('at-max', '', `held at max ${clamp.gave}: the policies ask for ${clamp.got}`)
}

/** A policy that fails blocks every decrease, and nothing else shows it. */
function tellFailures({ policies }: DecisionTrace, problems: Problems): void {
  // Bounds are mended without asking a policy.
  if (policies.length === 0) return
  const failures = failuresOf(policies)
  if (failures.length === 0) problems.over('policy-failed', '')
  else problems.stands('policy-failed', '', failures.join('; '))
}
