import type { BalancerMember } from '../../balancer.js'
import { type LifecycleState, isCapacity } from '../../model.js'
import type { LifecycleChange } from './advance.js'
import { type GroupState, type Intent, type Member, wantedIntents } from './group-state.js'
import { heldAtMax } from './held-at-max.js'
import { impairment, trafficOf } from './platform-health.js'
import { chooseVictims } from '../victims/victims.js'
import { type VictimFacts } from '../victims/victim-policy.js'

/** What the plan depends on, beside the state. */
export interface PlanFacts {
  readonly now: number
  readonly max: number
  /** Launches at one time. */
  readonly parallelLaunches: number
  readonly hasBalancer: boolean
  readonly victims: VictimFacts
  /** Tokens whose launch is under way. */
  readonly launching: ReadonlySet<string>
  /** Tokens of which another machine may come to exist, under way or not. */
  readonly open: ReadonlySet<string>
  /** Ids of which the balancer said that they have no traffic left. */
  readonly outOfBalancer: ReadonlySet<string>
  /** Ids whose termination is under way. */
  readonly terminating: ReadonlySet<string>
  /** Gives a token that was never given before. */
  readonly newToken: () => string
}

/** What to do now. Everything not in it is left as it is. */
export interface Plan {
  readonly state: GroupState
  readonly changes: readonly LifecycleChange[]
  /** Tokens to launch. Each is an intent in `state`, to be stored first. */
  readonly launch: readonly string[]
  /** Ids to terminate. */
  readonly terminate: readonly string[]
  /** What the balancer should have. */
  readonly balance: readonly BalancerMember[]
  /** Those in the balancer although the platform says that they cannot serve: all of them are so. */
  readonly keptIn: readonly Member[]
  /** Why the group stands still below its desired count, when there is no room under max. */
  readonly heldReason: string | undefined
  /** Instances over the desired count that may not go, because they are protected or `terminate` is suspended. */
  readonly keptCount: number
}

/** The actions that bring the group to its desired count. Pure but for the tokens it draws. */
export function reconcile(state: GroupState, facts: PlanFacts): Plan {
  const desired = state.desired ?? 0
  const members = new Map(state.members)
  const intents = new Map(state.intents)
  const changes: LifecycleChange[] = []
  const move = (member: Member, to: LifecycleState, reason: string): void => {
    members.set(member.id, { ...member, state: to, stateSince: facts.now, reason })
    changes.push({ instance: member, from: member.state, to, reason })
  }
  const mayTerminate = !state.suspended.has('terminate')
  const known = new Set([...members.values()].map(({ token }) => token))
  for (const token of facts.open) {
    // Its machine was there and is gone, and a call of old may yet make it once more.
    if (known.has(token) || intents.has(token)) continue
    intents.set(token, { token, at: facts.now, askedAt: facts.now, isDropped: true })
  }

  const wanted = wantedIntents(state)
  let missing = desired - [...members.values()].filter(isCapacity).length - wanted.length
  let keptCount = 0
  if (missing > 0) {
    // The newest drain has the least done of it.
    const draining = [...members.values()].filter((member) => member.state === 'draining' && canServe(member))
    for (const member of draining.toSorted((a, b) => b.stateSince - a.stateSince).slice(0, missing)) {
      move(member, 'in-service', 'load returned: its drain is cancelled')
      missing -= 1
    }
  }
  if (missing < 0) {
    // One under way is the first victim as soon as it is there. One whose reply was lost may exist: it keeps its room.
    const underWay = ({ token }: Intent): number => (facts.launching.has(token) ? 1 : 0)
    for (const intent of wanted.toSorted((a, b) => underWay(a) - underWay(b)).slice(0, -missing)) {
      missing += 1
      if (intent.askedAt === undefined) intents.delete(intent.token)
      else intents.set(intent.token, { ...intent, isDropped: true })
    }
    const victims = mayTerminate ? chooseVictims([...members.values()], -missing, facts.victims) : []
    for (const { member, why } of victims) {
      const drains = facts.hasBalancer && member.state !== 'launching'
      move(member, drains ? 'draining' : 'terminating', `the group needs only ${desired}: ${why}`)
      missing += 1
    }
    keptCount = -missing
  }

  if (mayTerminate) {
    for (const member of members.values()) {
      if (member.isProtected || !isLeaving(member)) continue
      // An address that the balancer still has may belong to a stranger's machine a moment after this one is gone.
      const mayHaveTraffic = facts.hasBalancer && member.readyAt !== undefined
      if (mayHaveTraffic && !facts.outOfBalancer.has(member.id)) continue
      move(member, 'terminating', member.reason ?? 'it failed')
    }
  }

  const { launch, heldCount } = planLaunches(state, facts, members, intents, Math.max(0, missing))
  const terminate = [...members.values()]
    .filter(
      ({ id, state: at, retryAt }) =>
        at === 'terminating' && !facts.terminating.has(id) && facts.now >= retryAt,
    )
    .map(({ id }) => id)
  return {
    state: { ...state, members, intents },
    changes,
    launch,
    terminate: mayTerminate ? terminate : [],
    ...trafficOf(members.values()),
    heldReason: heldAtMax(members, { ...facts, desired, heldCount, mayTerminate }),
    keptCount,
  }
}

/** What to launch now, and how many are missing because there is no room under max. */
function planLaunches(
  { suspended, backoff }: GroupState,
  facts: PlanFacts,
  members: ReadonlyMap<string, Member>,
  intents: Map<string, Intent>,
  missing: number,
): { readonly launch: readonly string[]; readonly heldCount: number } {
  if (suspended.has('launch') || facts.now < backoff.until) return { launch: [], heldCount: 0 }
  let left = missing
  // A token that was dropped is asked for again before a new one is: whatever came of it, it is one machine.
  for (const intent of [...intents.values()].filter(({ isDropped }) => isDropped === true).slice(0, left)) {
    intents.set(intent.token, { ...intent, isDropped: undefined })
    left -= 1
  }
  // Whatever exists takes room, also on its way out, stopped, failed or on standby, and so does what may exist.
  for (; left > 0 && members.size + intents.size < facts.max; left -= 1) {
    const token = facts.newToken()
    intents.set(token, { token, at: facts.now })
  }
  const { launching } = facts
  // Those asked for before come first: they may exist already.
  const waiting = wantedIntents({ intents })
    .filter(({ token }) => !launching.has(token))
    .toSorted((a, b) => Number(a.askedAt === undefined) - Number(b.askedAt === undefined))
  const room = Math.max(0, facts.max - members.size - (intents.size - waiting.length))
  const slots = Math.max(0, facts.parallelLaunches - launching.size)
  const launch = waiting.slice(0, Math.min(room, slots)).map(({ token }) => token)
  for (const token of launch) {
    const intent = intents.get(token)
    if (intent !== undefined) intents.set(token, { ...intent, askedAt: facts.now })
  }
  return { launch, heldCount: left + Math.max(0, waiting.length - room) }
}

const isLeaving = ({ state }: Member): boolean => state === 'draining' || state === 'failed'

const canServe = (member: Member): boolean =>
  member.status !== 'stopped' && member.status !== 'failed' && impairment(member) === undefined
