import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import { type ScheduledAction, type TimedAction, actionSchema, withTimes } from './action-times.js'
import { evaluateSafely } from '../kit/evaluate.js'
import { metricsOf, policySchema } from '../kit/declared.js'
import type { Policy, PolicyTrace, Proposal } from '../policy.js'
import { shiftSafely, shiftTime, storedFields, storedNumber, storedTime } from '../kit/stored-state.js'
import type { Form } from '../../options/form.js'

/** As many as EC2 allows a group. */
const mostActions = 125

/** How long an action stands behind the count it set. */
const insistMs = 600_000

const schema = v.pipe(
  v.array(actionSchema, 'a list of actions such as { cron: "0 8 * * 1-5", min: 5 }'),
  v.minLength(1, 'a list of at least one action'),
  v.maxLength(mostActions, `a list of at most ${mostActions} actions`),
)

/**
 * Bounds and counts set by the clock: the scheduled actions of EC2 Auto Scaling.
 *
 * `min` and `max` hold from their time until another action sets them anew; of several, the last one due wins, and of
 * those due at once the last in the list. `desired` is proposed from its time on until the count is there, for ten
 * minutes at most: the group's windows and rate rules may need some. Give the policy that they bound as the second
 * argument: what it proposes is kept between them. Alone, they have an opinion only when the count is out of bounds or an
 * action is due.
 *
 * Ours: a `min` or `max` counts as set since the last time it was due, also for a group that was made after that. Where
 * they contradict each other, `min` wins. The group's own `min` and `max` stay what they are, the outermost bounds.
 *
 * @throws FlotillaError `invalid-options`: a bad time, pattern or zone, an action that sets nothing, min > max
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
 */
export function scheduledActions(actions: readonly ScheduledAction[], policy?: Policy): Policy {
  const timed = checkOptions('scheduledActions', schema, actions).map(withTimes)
  const inner =
    policy === undefined ? undefined : checkOptions('scheduledActions', policySchema, policy, 'policy')

  return {
    name: `scheduledActions(${timed.length}${inner === undefined ? '' : `, ${inner.name}`})`,
    ...metricsOf([inner]),
    evaluate(input) {
      const { now, observation } = input
      const stored = storedFields(input.state)
      const bounds = boundsAt(timed, now)
      const order = orderAt(timed, stored, now)
      const evaluated =
        inner === undefined ? undefined : evaluateSafely(inner, { ...input, state: stored?.inner })
      const parts: PolicyTrace[] = []
      if (inner !== undefined && evaluated !== undefined) {
        const below = evaluated.parts === undefined ? {} : { parts: evaluated.parts }
        parts.push({ policy: inner.name, proposal: evaluated.proposal, ...below })
      }
      const wanted = order === undefined ? undefined : within(order.desired, bounds)
      const isOpen = order !== undefined && (order.since === now || observation.desired !== wanted)
      return {
        proposal: isOpen
          ? set(order.desired, bounds)
          : bounded(evaluated?.proposal ?? silence, observation.desired, bounds),
        state: {
          at: now,
          inner: evaluated?.state,
          ...(isOpen ? { order: { dueAt: order.dueAt, since: order.since } } : {}),
        },
        ...(parts.length === 0 ? {} : { parts }),
      }
    },
    shiftState(state, byMs) {
      // What fell due in the time that was skipped has fallen due: `at` stays, as the schedule goes by the wall clock.
      const stored = storedFields(state)
      const order = storedFields(stored?.order)
      return {
        ...stored,
        inner: inner === undefined ? undefined : shiftSafely(inner, stored?.inner, byMs),
        order: order === undefined ? undefined : { ...order, since: shiftTime(order.since, byMs) },
      }
    },
  }
}

const silence: Proposal = { kind: 'no-opinion', reason: 'no scheduled action is due' }

interface Bounds {
  readonly min: number
  readonly max: number
}

function set(desired: number, { min, max }: Bounds): Proposal {
  const count = within(desired, { min, max })
  const kept = count === desired ? '' : `, kept in ${boundsText({ min, max })}`
  return { kind: 'count', count, reason: `a scheduled action sets ${desired}${kept}` }
}

function bounded(wanted: Proposal, current: number, bounds: Bounds): Proposal {
  const from = wanted.kind === 'count' ? wanted.count : current
  const count = within(from, bounds)
  if (count === from) return wanted
  return {
    kind: 'count',
    count,
    reason: `${wanted.reason}; scheduled bounds ${boundsText(bounds)}, so ${count}`,
  }
}

const within = (count: number, { min, max }: Bounds): number => Math.max(min, Math.min(max, count))

const boundsText = ({ min, max }: Bounds): string => `${min}..${max === Infinity ? '' : max}`

/** A count that an action set, and that the group may not have yet. */
interface Order {
  readonly desired: number
  readonly dueAt: number
  /** When it was first seen to be due. */
  readonly since: number
}

/** The order that is new or still open. One that fell due before the first evaluation was for another group. */
function orderAt(
  actions: readonly TimedAction[],
  stored: ReturnType<typeof storedFields>,
  now: number,
): Order | undefined {
  const due = lastDue(actions, now, ({ desired }) => desired !== undefined)
  if (due?.action.desired === undefined) return undefined
  const { desired } = due.action
  const last = storedTime(stored?.at, now) ?? now
  if (due.at > last) return { desired, dueAt: due.at, since: now }
  const open = storedFields(stored?.order)
  const since = storedTime(open?.since, now)
  if (since === undefined || storedNumber(open?.dueAt) !== due.at || now - since >= insistMs) return undefined
  return { desired, dueAt: due.at, since }
}

function boundsAt(actions: readonly TimedAction[], now: number): Bounds {
  return {
    min: lastDue(actions, now, ({ min }) => min !== undefined)?.action.min ?? 0,
    max: lastDue(actions, now, ({ max }) => max !== undefined)?.action.max ?? Infinity,
  }
}

/** The last action due of those that set something; at one time the last in the list. */
function lastDue(
  actions: readonly TimedAction[],
  now: number,
  sets: (action: ScheduledAction) => boolean,
): { readonly action: ScheduledAction; readonly at: number } | undefined {
  let last: { readonly action: ScheduledAction; readonly at: number } | undefined
  for (const timed of actions) {
    if (!sets(timed.action)) continue
    const at = timed.lastDue(now)
    if (at !== undefined && (last === undefined || at >= last.at)) last = { action: timed.action, at }
  }
  return last
}

const formSchema = v.strictObject({ actions: schema, policy: v.optional(policySchema) })

/** How `scheduledActions` is written in a file: a list of actions, or `actions` and the `policy` that they bound. */
export const scheduledActionsForm: Form = {
  name: 'scheduledActions',
  makes: 'a policy',
  body: v.union([schema, formSchema]),
  build(body: readonly ScheduledAction[] | v.InferOutput<typeof formSchema>) {
    return 'actions' in body ? scheduledActions(body.actions, body.policy) : scheduledActions(body)
  },
}
