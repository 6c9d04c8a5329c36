import { checkOptions } from '../../options/check-options.js'
import {
  type Behavior,
  behaviorEntries,
  behaviorSchema,
  fullBehavior,
  undamped,
} from '../../decide/behavior.js'
import {
  type DampingState,
  freshDamping,
  limitRate,
  rememberChange,
  rememberProposal,
  rememberWish,
  shiftDamping,
  stabilise,
} from '../../decide/damping.js'
import type { Json } from '../../json.js'
import { evaluateSafely } from '../kit/evaluate.js'
import { metricsOf, policySchema } from '../kit/declared.js'
import type { Policy } from '../policy.js'
import { shiftSafely } from '../kit/stored-state.js'
import { type Form, besideForm } from '../../options/form.js'

/**
 * A policy with damping of its own, before it is combined with others: a slow forecast and a quick reaction can then
 * live in one group. What `behavior` leaves out is not damped.
 *
 * The windows and rules are those of the group's own `behavior`, which is Kubernetes': the size at the first evaluation
 * counts as proposed, so that a start cannot shrink at once.
 *
 * @throws FlotillaError `invalid-options`
 */
export function dampen(policy: Policy, behavior: Behavior): Policy {
  checkOptions('dampen', policySchema, policy, 'policy')
  const full = fullBehavior(checkOptions('dampen', behaviorSchema, behavior), undamped)
  return {
    name: `dampen(${policy.name})`,
    ...metricsOf([policy]),
    evaluate(input) {
      const { now, observation } = input
      const stored = storedDamping(input.state)
      const before = stored.damping ?? rememberProposal(freshDamping, now, observation.desired, full)
      const { proposal, state: inner, parts } = evaluateSafely(policy, { ...input, state: stored.inner })
      const change = stored.desired === undefined ? 0 : observation.desired - stored.desired
      // Windows keep their ages when the clock goes back, as those of the group do.
      const wentBackMs = Math.max(0, (stored.at ?? now) - now)
      // What changed since came of the last evaluation, and counts from there: as the group dates its own changes.
      const changedAt = Math.min(now, stored.at ?? now)
      const changed = rememberChange(shiftDamping(before, -wentBackMs), changedAt, change, full)
      const damping = rememberWish(changed, now, proposal, observation.desired, full)
      const trace = { policy: policy.name, proposal, ...(parts === undefined ? {} : { parts }) }
      const state: Json = { inner, damping, desired: observation.desired, at: now }
      if (proposal.kind !== 'count') return { proposal, state, parts: [trace] }

      const steady = stabilise(damping, now, observation.desired, proposal.count, full)
      const limited = limitRate(damping, now, observation.desired, steady.count, full)
      const why = [
        steady.count === proposal.count ? [] : steady.why,
        limited.count === steady.count ? [] : limited.why,
      ]
      const reason = [proposal.reason, ...why.flat()].join('; ')
      return { proposal: { kind: 'count', count: limited.count, reason }, state, parts: [trace] }
    },
    shiftState(state, byMs) {
      const { inner, damping, desired, at } = storedDamping(state)
      const moved = {
        damping: damping === undefined ? undefined : shiftDamping(damping, byMs),
        at: at === undefined ? undefined : at + byMs,
      }
      return { inner: shiftSafely(policy, inner, byMs), desired, ...moved }
    },
  }
}

interface StoredDampen {
  readonly inner?: Json | undefined
  readonly damping?: DampingState | undefined
  readonly desired?: number | undefined
  readonly at?: number | undefined
}

const storedDamping = (state: Json | undefined): StoredDampen => (state ?? {}) as unknown as StoredDampen

/** How `dampen` is written in a file. */
export const dampenForm: Form = besideForm(
  'a policy',
  'dampen',
  dampen,
  ['policy', policySchema],
  behaviorEntries,
)
