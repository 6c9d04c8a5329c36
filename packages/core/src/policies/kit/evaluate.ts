import { messageOf } from '../../errors.js'
import type { Json } from '../../json.js'
import type { Evaluation, Policy, PolicyInput, PolicyTrace, Proposal } from '../policy.js'
import { storedParts } from './stored-state.js'

/** Evaluates a policy that may be anybody's: what it throws, or a count that is none, becomes `cannot-tell`. */
export function evaluateSafely(policy: Policy, input: PolicyInput): Evaluation {
  try {
    const evaluation = policy.evaluate(input)
    const proposal = soundProposal(evaluation.proposal)
    return proposal === evaluation.proposal ? evaluation : { ...evaluation, proposal }
  } catch (error) {
    // A state that it cannot read, of another version say, would make it fail for ever: then it starts afresh.
    const again = input.state === undefined ? undefined : evaluateAfresh(policy, input)
    if (again !== undefined) return again
    return { proposal: fault(`it failed: ${messageOf(error)}`), state: input.state }
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

/** A proposal that may be anything: what is none becomes `cannot-tell`. */
export function soundProposal(proposal: Proposal | undefined): Proposal {
  const reason = faultOf(proposal)
  return reason === undefined && proposal !== undefined ? proposal : fault(reason ?? 'it gave no proposal')
}

const fault = (reason: string): Proposal => ({ kind: 'cannot-tell', reason, failed: true })

/** What went wrong with those of these policies, and of their parts, that were themselves at fault. */
export function failuresOf(policies: readonly PolicyTrace[]): readonly string[] {
  return policies.flatMap(({ policy, proposal, parts = [] }) => {
    const ofParts = failuresOf(parts)
    if (ofParts.length > 0) return ofParts
    return proposal.kind === 'cannot-tell' && proposal.failed === true
      ? [`${policy}: ${proposal.reason}`]
      : []
  })
}

/** Whether one of these policies, or a part of one, was itself at fault. */
export function hasFailed(policies: readonly PolicyTrace[]): boolean {
  return failuresOf(policies).length > 0
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
