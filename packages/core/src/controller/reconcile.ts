import type { BalancerMember } from '../balancer.js'
import { type LifecycleState, isCapacity } from '../model.js'
import type { LifecycleChange } from './advance.js'
import type { GroupState, Intent, Member } from './group-state.js'
import { type VictimFacts, chooseVictims } from './victims.js'

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

  let missing = desired - [...members.values()].filter(isCapacity).length - intents.size
  let keptCount = 0
  if (missing > 0) {
    // The newest drain has the least done of it.
    const draining = [...members.values()].filter((member) => member.state === 'draining' && isAlive(member))
    for (const member of draining.toSorted((a, b) => b.stateSince - a.stateSince).slice(0, missing)) {
      move(member, 'in-service', 'load returned: its drain is cancelled')
      missing -= 1
    }
  }
  if (missing < 0) {
    for (const { token } of state.intents.values()) {
      if (missing === 0) break
      missing += 1
      // One under way is the first victim as soon as it is there. One that was never asked for, or whose reply was lost,
      // is dropped: should it exist after all, it will be listed.
      if (!facts.launching.has(token)) intents.delete(token)
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

  const launch = planLaunches(state, facts, members, intents, Math.max(0, missing))
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
    balance: [...members.values()].flatMap(balancerMember),
    keptCount,
  }
}

function planLaunches(
  { suspended, backoff }: GroupState,
  facts: PlanFacts,
  members: ReadonlyMap<string, Member>,
  intents: Map<string, Intent>,
  missing: number,
): readonly string[] {
  if (suspended.has('launch') || facts.now < backoff.until) return []
  // Machines on their way out still take room on the host, so they count against max until they are gone.
  const room = facts.max - [...members.values()].filter(isAlive).length - intents.size
  for (let count = 0; count < Math.min(missing, room); count += 1) {
    const token = facts.newToken()
    intents.set(token, { token, at: facts.now })
  }
  const slots = Math.max(0, facts.parallelLaunches - facts.launching.size)
  return [...intents.keys()].filter((token) => !facts.launching.has(token)).slice(0, slots)
}

const isLeaving = ({ state }: Member): boolean => state === 'draining' || state === 'failed'

const isAlive = ({ status }: Member): boolean => status !== 'stopped' && status !== 'failed'

function balancerMember({ id, state, address }: Member): readonly BalancerMember[] {
  if (address === undefined || (state !== 'in-service' && state !== 'warming')) return []
  return [{ id, host: address.host, port: address.port }]
}
