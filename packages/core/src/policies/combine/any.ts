import { blindSpot, notDown } from './blind-spot.js'
import { chosen, combined, silence } from './combine.js'
import type { Policy, PolicyTrace } from '../policy.js'
import { type Form, listForm } from '../../options/form.js'
import { policySchema } from '../kit/declared.js'

/**
 * Moves when any part wants to; growing goes before shrinking, and of two that agree on the direction the larger count
 * wins. A part that is content with the count as it is does not hold the others back: Nomad's named group of checks.
 * So a part that becomes content may let another one's deeper fall through; `maxOf` never does that. While one part
 * cannot tell, or is content without having seen every instance, the group does not shrink.
 *
 * @throws FlotillaError `invalid-options` without a policy
 * @see https://developer.hashicorp.com/nomad/tools/autoscaling/policy#group
 */
export function any(...policies: readonly Policy[]): Policy {
  return combined('any', policies, (traces, input) => {
    const { growth, fall, content, blind } = byDirection(traces, input.observation.desired)
    if (growth !== undefined) return chosen(growth)
    if (fall !== undefined) {
      const unseen = blindSpot(policies, traces, input)
      return unseen === undefined ? chosen(fall) : notDown(unseen, countOf(fall))
    }
    if (blind !== undefined) return notDown(blind, undefined)
    return content === undefined ? silence : chosen(content)
  })
}

/** The winner of each direction. */
export interface ByDirection {
  readonly growth: PolicyTrace | undefined
  readonly fall: PolicyTrace | undefined
  /** The first that would keep the count. */
  readonly content: PolicyTrace | undefined
  readonly blind: PolicyTrace | undefined
}

/** Sorts proposals by where they would go: of growth the largest, of falls the mildest. */
export function byDirection(traces: readonly PolicyTrace[], current: number): ByDirection {
  const largest = (wants: (count: number) => boolean): PolicyTrace | undefined => {
    let best: PolicyTrace | undefined
    for (const trace of traces) if (wants(countOf(trace)) && !(countOf(trace) <= countOf(best))) best = trace
    return best
  }
  return {
    growth: largest((count) => count > current),
    fall: largest((count) => count < current),
    content: largest((count) => count === current),
    blind: traces.find(({ proposal }) => proposal.kind === 'cannot-tell'),
  }
}

/** A part's count; NaN when it names none. */
export function countOf(trace: PolicyTrace | undefined): number {
  return trace?.proposal.kind === 'count' ? trace.proposal.count : Number.NaN
}

/** How `any` is written in a file. */
export const anyForm: Form = listForm('a policy', 'any', any, policySchema)
