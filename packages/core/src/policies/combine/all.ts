import { byDirection, countOf } from './any.js'
import { notDown } from './blind-spot.js'
import { chosen, combined, label, silence } from './combine.js'
import type { Policy, PolicyTrace, Proposal } from '../policy.js'
import { type Form, listForm } from '../../options/form.js'
import { policySchema } from '../kit/declared.js'

/**
 * Moves only when every part wants to go the same way, and then no further than the most cautious of them: "the CPU is
 * high and the queue is long". A part that is content, or has no opinion, does not want to move.
 *
 * A part that cannot tell does not keep the others from growing, and keeps them from shrinking.
 *
 * @throws FlotillaError `invalid-options` without a policy
 */
export function all(...policies: readonly Policy[]): Policy {
  return combined('all', policies, (traces, { observation }) => allOf(traces, observation.desired))
}

function allOf(traces: readonly PolicyTrace[], current: number): Proposal {
  const seeing = traces.filter(({ proposal }) => proposal.kind !== 'cannot-tell')
  const { blind, fall, content } = byDirection(traces, current)
  if (blind !== undefined && seeing.length === 0) return notDown(blind, undefined)
  if (seeing.every((trace) => countOf(trace) > current)) return chosen(mostCautious(seeing))
  if (seeing.every((trace) => countOf(trace) < current)) {
    if (blind !== undefined) return notDown(blind, fall && countOf(fall))
    return fall === undefined ? silence : chosen(fall)
  }
  if (seeing.every(({ proposal }) => proposal.kind === 'no-opinion')) {
    return blind === undefined ? silence : notDown(blind, undefined)
  }
  const against = content ?? seeing.find(({ proposal }) => proposal.kind === 'no-opinion') ?? fall
  const who = against === undefined ? '' : `: ${label(against)}`
  return { kind: 'count', count: current, reason: `not all of ${traces.length} agree, so ${current}${who}` }
}

/** The smallest growth. */
function mostCautious(traces: readonly PolicyTrace[]): PolicyTrace {
  return traces.reduce((least, trace) => (countOf(trace) < countOf(least) ? trace : least))
}

/** How `all` is written in a file. */
export const allForm: Form = listForm('a policy', 'all', all, policySchema)
