import type { Evaluation, Policy, PolicyInput } from '@flotilla/core'

/** A policy that breaks one promise, and exactly the cases that must find it. */
export interface BrokenPolicy {
  /** Completes "finds a policy that …". */
  readonly that: string
  readonly breaks: (inner: Policy) => Partial<Policy>
  readonly fails: readonly string[]
  /** True when so much stands on the promise that further cases fail too. */
  readonly andMore?: boolean
}

/** The good policy with its evaluations changed on the way out. */
export function answering(
  change: (evaluation: Evaluation, given: PolicyInput) => Evaluation,
): BrokenPolicy['breaks'] {
  return (inner) => ({ evaluate: (given) => change(inner.evaluate(given), given) })
}

/** The good policy with its counts changed on the way out. */
export function counting(change: (count: number, given: PolicyInput) => number): BrokenPolicy['breaks'] {
  return answering((evaluation, given) => {
    const { proposal } = evaluation
    if (proposal.kind !== 'count') return evaluation
    return { ...evaluation, proposal: { ...proposal, count: change(proposal.count, given) } }
  })
}
