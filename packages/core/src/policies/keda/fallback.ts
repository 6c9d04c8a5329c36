import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import { wholeNumber } from '../../options/checks.js'
import { evaluateSafely } from '../kit/evaluate.js'
import { metricsOf, policySchema } from '../kit/declared.js'
import type { Policy, PolicyTrace, Proposal } from '../policy.js'
import { shiftSafely, storedFields, storedNumber } from '../kit/stored-state.js'
import { type Form, besideForm } from '../../options/form.js'

/** Options of `fallback()`. */
export interface FallbackOptions {
  /** Evaluations in a row that may be without an answer; at the next one it falls back. */
  readonly afterFailures: number
  readonly count: number
  /**
   * What becomes of `count`: `static` (default), it is the count; `higher`, unless there are more now; `lower`, unless
   * there are fewer now; `current`, the count stays as it is and `count` is not used.
   */
  readonly behavior?: 'static' | 'current' | 'higher' | 'lower' | undefined
}

const schema = v.strictObject({
  afterFailures: wholeNumber(0),
  count: wholeNumber(0),
  behavior: v.optional(v.picklist(['static', 'current', 'higher', 'lower'])),
})

/**
 * A count for when a policy has long had nothing to go by: KEDA's fallback.
 *
 * The policy's own answer goes through, and starts the count of failures anew. Until they are more than
 * `afterFailures` it cannot tell, which holds the group. `static` and `lower` may then shrink it: say so only where the
 * count is enough for the load that nobody sees. Works from zero too.
 *
 * @throws FlotillaError `invalid-options`
 * @see https://keda.sh/docs/latest/reference/scaledobject-spec/#fallback
 */
export function fallback(policy: Policy, options: FallbackOptions): Policy {
  const inner = checkOptions('fallback', policySchema, policy, 'policy')
  const { afterFailures, count, behavior = 'static' } = checkOptions('fallback', schema, options)

  const propose = (failures: number, current: number, why: string): Proposal => {
    if (failures <= afterFailures) {
      return { kind: 'cannot-tell', reason: `${why}; ${failures} of ${afterFailures} before the fallback` }
    }
    const to = fallbackCount(behavior, count, current)
    return {
      kind: 'count',
      count: to,
      reason: `${why}, ${failures} times in a row: falls back to ${to} (${behavior})`,
    }
  }

  return {
    name: `fallback(${inner.name}, ${behavior === 'current' ? 'current' : count})`,
    ...metricsOf([inner]),
    evaluate(input) {
      const stored = storedFields(input.state)
      const { proposal, state, parts } = evaluateSafely(inner, { ...input, state: stored?.inner })
      const trace: PolicyTrace = { policy: inner.name, proposal, ...(parts === undefined ? {} : { parts }) }
      const before = storedNumber(stored?.failures) ?? 0
      const failures = proposal.kind === 'cannot-tell' ? Math.min(before + 1, Number.MAX_SAFE_INTEGER) : 0
      return {
        proposal: failures === 0 ? proposal : propose(failures, input.observation.desired, proposal.reason),
        state: { failures, inner: state },
        parts: [trace],
      }
    },
    shiftState(state, byMs) {
      const stored = storedFields(state)
      return { failures: stored?.failures, inner: shiftSafely(inner, stored?.inner, byMs) }
    },
  }
}

function fallbackCount(
  behavior: NonNullable<FallbackOptions['behavior']>,
  count: number,
  current: number,
): number {
  switch (behavior) {
    case 'static':
      return count
    case 'current':
      return current
    case 'higher':
      return Math.max(count, current)
    case 'lower':
      return Math.min(count, current)
  }
}

/** How `fallback` is written in a file. */
export const fallbackForm: Form = besideForm(
  'a policy',
  'fallback',
  fallback,
  ['policy', policySchema],
  schema.entries,
)
