import * as v from 'valibot'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import { finiteNumber, milliseconds, wholeNumber } from '../../options/checks.js'
import type { Json } from '../../json.js'
import { evaluateSafely } from '../kit/evaluate.js'
import { metricsOf, policySchema } from '../kit/declared.js'
import type { Policy, PolicyTrace, Proposal } from '../policy.js'
import { assumedReadings, lastReadings } from './stand-ins.js'
import { shiftSafely, storedFields } from '../kit/stored-state.js'
import { shiftLastKnown } from '../../metrics/readings/last-known.js'
import { type Form, besideForm } from '../../options/form.js'

/**
 * What a policy that cannot tell means, in one direction.
 *
 * - `hold`: nothing; the group stays
 * - `count`: as if it had proposed this
 * - `lastMs`: as it would with the last values known, while they are at most that old
 * - `assume`: as it would with this value for each that is missing
 * - `next`: as the policy given as `next` says
 */
export type BlindRule =
  | 'hold'
  | 'next'
  | { readonly count: number }
  | { readonly lastMs: number }
  | { readonly assume: number }

/** Options of `whenBlind()`. */
export interface WhenBlindOptions {
  /** When more might be needed; `hold` by default. */
  readonly out?: BlindRule | undefined
  /** When fewer might do; `hold` by default. */
  readonly in?: BlindRule | undefined
  /** Where `next` goes. */
  readonly next?: Policy | undefined
}

const ruleSchema = v.optional(
  v.union(
    [
      v.picklist(['hold', 'next']),
      v.strictObject({ count: wholeNumber(0) }),
      v.strictObject({ lastMs: milliseconds(1) }),
      v.strictObject({ assume: finiteNumber() }),
    ],
    "'hold', 'next', { count }, { lastMs } or { assume }",
  ),
)

const schema = v.strictObject({ out: ruleSchema, in: ruleSchema, next: v.optional(policySchema) })

/**
 * A policy with a rule of its own, for each direction, for when it cannot tell. Wrap a policy of one metric, and the
 * rules are that metric's: `whenBlind(targetTracking({ metric: 'cpu', target: 0.5 }), { out: { assume: 1 } })` grows a
 * group it cannot see, and never shrinks it.
 *
 * The rule for `out` is used only for a count above the present one, that for `in` only for one below; growing goes
 * first. What a policy does about single instances without a value is its own affair.
 *
 * @throws FlotillaError `invalid-options`, also for `next` without a policy to go to
 */
export function whenBlind(policy: Policy, options: WhenBlindOptions): Policy {
  const inner = checkOptions('whenBlind', policySchema, policy, 'policy')
  const rules = checkOptions('whenBlind', schema, options)
  const { next } = rules
  for (const direction of ['out', 'in'] as const) {
    if (rules[direction] === 'next' && next === undefined) {
      throw invalidOption('whenBlind', 'next', undefined, `given, as ${direction} goes there`)
    }
  }
  const longestMs = Math.max(0, ageOf(rules.out), ageOf(rules.in))

  return {
    name: `whenBlind(${inner.name})`,
    ...metricsOf([inner, next]),
    evaluate(input) {
      const stored = storedFields(input.state)
      const own = { ...input, state: stored?.inner }
      const { proposal, state, parts } = evaluateSafely(inner, own)
      const traces: PolicyTrace[] = [traceOf(inner, proposal, parts)]
      const others = next === undefined ? undefined : evaluateSafely(next, { ...input, state: stored?.next })
      if (next !== undefined && others !== undefined) {
        traces.push(traceOf(next, others.proposal, others.parts))
      }
      const last = lastReadings(input, inner.metrics, stored?.lastKnown, longestMs)
      const remembered: Json = { inner: state, next: others?.state, lastKnown: last.lastKnown }
      if (proposal.kind !== 'cannot-tell') return { proposal, state: remembered, parts: traces }

      const answer = (rule: BlindRule = 'hold'): Proposal => {
        if (rule === 'hold') return proposal
        if (rule === 'next') return others?.proposal ?? proposal
        if ('count' in rule) return { kind: 'count', count: rule.count, reason: `${rule.count} stands in` }
        const readings =
          'lastMs' in rule ? last.readings(rule.lastMs) : assumedReadings(input, inner.metrics, rule.assume)
        return evaluateSafely(inner, { ...own, readings }).proposal
      }
      return {
        proposal: eitherWay(proposal, answer(rules.out), answer(rules.in), input.observation.desired),
        state: remembered,
        parts: traces,
      }
    },
    shiftState(state, byMs) {
      const stored = storedFields(state)
      return {
        inner: shiftSafely(inner, stored?.inner, byMs),
        next: next === undefined ? undefined : shiftSafely(next, stored?.next, byMs),
        lastKnown: shiftLastKnown(stored?.lastKnown, byMs),
      }
    },
  }
}

function eitherWay(blind: Proposal, out: Proposal, inwards: Proposal, current: number): Proposal {
  const told = (proposal: Proposal): Proposal => ({
    ...proposal,
    reason: `${blind.reason}; ${proposal.reason}`,
  })
  if (out.kind === 'count' && out.count > current) return told(out)
  if (inwards.kind !== 'count') return blind
  if (inwards.count < current) return told(inwards)
  return { kind: 'count', count: current, reason: `${blind.reason}; ${inwards.reason}, so still ${current}` }
}

const ageOf = (rule: BlindRule | undefined): number =>
  typeof rule === 'object' && 'lastMs' in rule ? rule.lastMs : 0

function traceOf({ name }: Policy, proposal: Proposal, parts: PolicyTrace['parts']): PolicyTrace {
  return { policy: name, proposal, ...(parts === undefined ? {} : { parts }) }
}

/** How `whenBlind` is written in a file. */
export const whenBlindForm: Form = besideForm(
  'a policy',
  'whenBlind',
  whenBlind,
  ['policy', policySchema],
  schema.entries,
)
