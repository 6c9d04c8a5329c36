import * as v from 'valibot'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import { finiteNumber, milliseconds, text, wholeNumber } from '../../options/checks.js'
import { seconds } from '../../decide/damping.js'
import { evaluateSafely } from '../kit/evaluate.js'
import { type FormulaValue, type NamedMetrics, formulaValue } from './formula-value.js'
import { comparedWith, metricsOf, policySchema } from '../kit/declared.js'
import type { Policy, PolicyInput, PolicyTrace, Proposal } from '../policy.js'
import { brief } from '../kit/read.js'
import { singleValue } from '../kit/single-value.js'
import { shiftSafely, shiftTime, storedFields, storedTime } from '../kit/stored-state.js'
import { type Form, besideForm } from '../../options/form.js'

interface ActivationBase {
  /** Active while the value is above this, strictly; 0 by default. Not the target of the policy inside. */
  readonly above?: number | undefined
  /** Instances while it is not active; 0 by default, and under `activeCount`. */
  readonly idleCount?: number | undefined
  /** Instances it wakes up with, and has at least while active: KEDA's minimum, 1 by default. */
  readonly activeCount?: number | undefined
  /** Time since it was last active before it goes idle; 300 000 by default. */
  readonly cooldownMs?: number | undefined
  /** The same for a group that has not been active yet; 0 by default. */
  readonly initialCooldownMs?: number | undefined
}

/** What is compared: a metric, or one number out of several. Of the whole group: at zero there is no instance to ask. */
export type ActivationOptions = ActivationBase &
  (
    | { readonly metric: string; readonly formula?: undefined }
    | { readonly formula: NamedMetrics; readonly metric?: undefined }
  )

const defaults = {
  above: 0,
  idleCount: 0,
  activeCount: 1,
  cooldownMs: 300_000,
  initialCooldownMs: 0,
} as const

const schema = v.strictObject({
  metric: v.optional(text()),
  formula: v.optional(v.strictObject({ expression: text(), metrics: v.record(text(), text()) })),
  above: v.optional(finiteNumber()),
  idleCount: v.optional(wholeNumber(0)),
  activeCount: v.optional(wholeNumber(1)),
  cooldownMs: v.optional(milliseconds()),
  initialCooldownMs: v.optional(milliseconds()),
})

/**
 * Zero or not, decided apart from how many: KEDA's activation around a policy.
 *
 * Idle and active again, it wakes up with `activeCount`, and the policy goes on from there. Active, the policy decides,
 * never under `activeCount`. No longer active, the policy still decides until the cooldown is over; then the count is
 * `idleCount`, even if the policy would have more. Both ways go through the group's windows and rate rules, where KEDA
 * jumps. When its metric is missing, the policy may grow a group that runs, and nothing else happens.
 *
 * @throws FlotillaError `invalid-options`, also when `idleCount` is not under `activeCount`
 * @see https://keda.sh/docs/latest/concepts/scaling-deployments/#activating-and-scaling-thresholds
 */
export function activation(policy: Policy, options: ActivationOptions): Policy {
  const inner = checkOptions('activation', policySchema, policy, 'policy')
  const given = checkOptions('activation', schema, options)
  const { above = defaults.above } = given
  const compared = comparedBy(given)
  const ownCompared =
    given.metric === undefined ? [] : comparedWith('activation', given.metric, { above }).compared
  const { idleCount = defaults.idleCount, activeCount = defaults.activeCount } = given
  const { cooldownMs = defaults.cooldownMs, initialCooldownMs = defaults.initialCooldownMs } = given
  if (idleCount >= activeCount) {
    throw invalidOption('activation', 'idleCount', idleCount, `under activeCount (${activeCount})`)
  }

  const whenActive = (wanted: Proposal, current: number, why: string): Proposal => {
    if (current <= idleCount) {
      return { kind: 'count', count: activeCount, reason: `${why}: wakes up with ${activeCount}` }
    }
    return atLeast(activeCount, wanted, current, why)
  }
  const whenIdle = (wanted: Proposal, current: number, why: string, leftMs: number): Proposal => {
    if (current <= idleCount) {
      return { kind: 'count', count: idleCount, reason: `${why}: idle at ${idleCount}` }
    }
    if (leftMs > 0) {
      return atLeast(activeCount, wanted, current, `${why}, idle in ${seconds(leftMs)}`)
    }
    return {
      kind: 'count',
      count: idleCount,
      reason: `${why}, and its cooldown is over: idle at ${idleCount}`,
    }
  }

  const remember = (input: PolicyInput, isActive: boolean): Memory => {
    const { now } = input
    const stored = storedFields(input.state)
    const firstAt = storedTime(stored?.firstAt, now) ?? now
    const activeAt = isActive ? now : storedTime(stored?.activeAt, now)
    return { firstAt, ...(activeAt === undefined ? {} : { activeAt }) }
  }

  return {
    name: `activation(${compared.shown} > ${brief(above)}, ${inner.name})`,
    ...metricsOf([inner], compared.metrics, ownCompared),
    evaluate(input) {
      const { observation, now } = input
      const current = observation.desired
      const seen = compared.valueOf(input)
      const own = storedFields(input.state)?.inner
      const { proposal: wanted, state, parts } = evaluateSafely(inner, { ...input, state: own })
      const trace: PolicyTrace = {
        policy: inner.name,
        proposal: wanted,
        ...(parts === undefined ? {} : { parts }),
      }
      const isActive = seen.of === 'value' && seen.value > above
      const memory = remember(input, isActive)
      const evaluation = (proposal: Proposal): ReturnType<Policy['evaluate']> => ({
        proposal,
        state: { ...memory, inner: state },
        parts: [trace],
      })
      if (seen.of === 'nothing') return evaluation(whenBlind(wanted, current, idleCount, seen.reason))
      const why = `${seen.what} is ${isActive ? '' : 'not '}above ${brief(above)}`
      if (isActive) return evaluation(whenActive(wanted, current, why))
      const { activeAt, firstAt } = memory
      // KEDA goes idle only once the cooldown lies wholly behind: at its very end there is still 1 ms left.
      const until = activeAt === undefined ? firstAt + initialCooldownMs : activeAt + cooldownMs + 1
      return evaluation(whenIdle(wanted, current, why, until - now))
    },
    shiftState(state, byMs) {
      const stored = storedFields(state)
      return {
        firstAt: shiftTime(stored?.firstAt, byMs),
        activeAt: shiftTime(stored?.activeAt, byMs),
        inner: shiftSafely(inner, stored?.inner, byMs),
      }
    },
  }
}

function comparedBy({ metric, formula }: v.InferOutput<typeof schema>): FormulaValue {
  if ((metric === undefined) === (formula === undefined)) {
    throw invalidOption('activation', 'metric', metric, 'given, or formula, and not both')
  }
  if (formula !== undefined) return formulaValue('activation', formula, 'formula.')
  const name = metric ?? ''
  return { shown: name, metrics: [name], valueOf: (input) => singleValue(name, input) }
}

type Memory = {
  /** When it was first evaluated, and last active. Epoch milliseconds. */
  readonly firstAt: number
  readonly activeAt?: number
}

function atLeast(floor: number, wanted: Proposal, current: number, why: string): Proposal {
  if (wanted.kind === 'count') {
    const count = Math.max(floor, wanted.count)
    const raised = count === wanted.count ? '' : `, and at least ${floor} while active`
    return { kind: 'count', count, reason: `${why}: ${wanted.reason}${raised}` }
  }
  if (current < floor)
    return { kind: 'count', count: floor, reason: `${why}: at least ${floor} while active` }
  return { ...wanted, reason: `${why}: ${wanted.reason}` }
}

function whenBlind(wanted: Proposal, current: number, idleCount: number, why: string): Proposal {
  if (current > idleCount && wanted.kind === 'count' && wanted.count > current) {
    return { kind: 'count', count: wanted.count, reason: `${wanted.reason}; whether to go idle is unknown` }
  }
  return { kind: 'cannot-tell', reason: why }
}

/** How `activation` is written in a file. */
export const activationForm: Form = besideForm(
  'a policy',
  'activation',
  activation,
  ['policy', policySchema],
  schema.entries,
)
