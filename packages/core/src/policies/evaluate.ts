import { messageOf } from '../errors.js'
import type { Json } from '../json.js'
import type { Evaluation, Policy, PolicyInput, PolicyTrace, Proposal } from './policy.js'

/** Evaluates a policy that may be anybody's: what it throws, or a count that is none, becomes `cannot-tell`. */
export function evaluateSafely(policy: Policy, input: PolicyInput): Evaluation {
  try {
    const evaluation = policy.evaluate(input)
    const fault = faultOf(evaluation.proposal)
    return fault === undefined
      ? evaluation
      : { ...evaluation, proposal: { kind: 'cannot-tell', reason: fault } }
  } catch (error) {
    // A state that it cannot read, of another version say, would make it fail for ever: then it starts afresh.
    const again = input.state === undefined ? undefined : evaluateAfresh(policy, input)
    if (again !== undefined) return again
    return { proposal: { kind: 'cannot-tell', reason: `it failed: ${messageOf(error)}` }, state: input.state }
  }
}

function evaluateAfresh(policy: Policy, input: PolicyInput): Evaluation | undefined {
  try {
    const evaluation = policy.evaluate({ ...input, state: undefined })
    return faultOf(evaluation.proposal) === undefined ? evaluation : undefined
  } catch {
    return undefined
  }
}

function faultOf(proposal: Proposal | undefined): string | undefined {
  switch (proposal?.kind) {
    case 'no-opinion':
    case 'cannot-tell':
      return undefined
    case 'count':
      if (Number.isSafeInteger(proposal.count) && proposal.count >= 0) return undefined
      return `it proposed ${String(proposal.count)}, not a whole number >= 0`
    case undefined:
    default:
      return 'it gave no proposal'
  }
}

/** Evaluates the parts of a composed policy, each with its own slice of the state. */
export function evaluateParts(
  policies: readonly Policy[],
  input: PolicyInput,
): { readonly traces: readonly PolicyTrace[]; readonly state: Json | undefined } {
  const stored = storedParts(input.state)
  const traces: PolicyTrace[] = []
  const states: Json[] = []
  let hasState = false
  for (const [index, policy] of policies.entries()) {
    // A part that was renamed or moved starts afresh: another policy's memory would mislead it.
    const own = stored[index]?.policy === policy.name ? stored[index].state : undefined
    const { proposal, state, parts } = evaluateSafely(policy, { ...input, state: own })
    traces.push({ policy: policy.name, proposal, ...(parts === undefined ? {} : { parts }) })
    if (state !== undefined) hasState = true
    states.push({ policy: policy.name, state })
  }
  return { traces, state: hasState ? states : undefined }
}

interface StoredPart {
  readonly policy: string
  readonly state?: Json
}

function storedParts(state: Json | undefined): readonly (StoredPart | undefined)[] {
  if (!Array.isArray(state)) return []
  return state.map((part: Json) => {
    if (typeof part !== 'object' || part === null || !('policy' in part)) return undefined
    if (typeof part.policy !== 'string') return undefined
    return { policy: part.policy, ...(part.state === undefined ? {} : { state: part.state }) }
  })
}
