import type { DecisionState } from '../../decide/decide.js'
import type { Json } from '../../json.js'
import type { TrackedInstance } from '../../model.js'
import type { LaunchBackoff } from './launch-backoff.js'
import type { ShadowStates } from '../shadows/shadows.js'

/** A machine of the group, with the controller's own bookkeeping. */
export interface Member extends TrackedInstance {
  /** Probes failed in a row since it was last healthy. */
  readonly failedProbes: number
  /** Why it is failed or leaving. */
  readonly reason?: string | undefined
  /**
   * Why it gets no traffic though it serves, in the platform's words. Set as long as the platform says so, and then until
   * its probe has passed.
   */
  readonly heldOut?: string | undefined
  /** Attempts to terminate it that failed, what the last came back with, and when the next is due (epoch ms). */
  readonly attempts: number
  readonly endError?: string | undefined
  readonly retryAt: number
  /** Its launch succeeded, and no list has shown it since; counted before it, launches of its token that went the same way. */
  readonly unlistedCount?: number | undefined
}

/**
 * A launch that was decided and is not yet seen as a machine. It is stored before it is asked for. As long as it is here it
 * takes room under `max`: its machine may exist although its reply was lost, or come to exist although nobody waits for it.
 */
export interface Intent {
  readonly token: string
  /** Epoch milliseconds. */
  readonly at: number
  /** When its launch was asked for last, epoch milliseconds; absent while it never was. */
  readonly askedAt?: number | undefined
  /** It is no longer wanted. Should another be missing, this token is asked for first: it can never be two machines. */
  readonly isDropped?: boolean | undefined
  /** How often its launch succeeded and no list showed its machine then. It may exist, and the backend not tell of it. */
  readonly unseenCount?: number | undefined
}

/** Launches that the group waits for: those that count as capacity. */
export function wantedIntents({ intents }: Pick<GroupState, 'intents'>): readonly Intent[] {
  return [...intents.values()].filter(({ isDropped }) => isDropped !== true)
}

/** A machine may end between its launch and the first list, and once is no sign. */
const unlistedOften = 2

/** Tokens whose launch succeeded again and again, while every list was without their machine. */
export function unlistedTokens({
  members,
  intents,
}: Pick<GroupState, 'members' | 'intents'>): readonly string[] {
  const all = [
    ...[...intents.values()].map(({ token, unseenCount = 0 }) => ({ token, count: unseenCount })),
    ...[...members.values()].map(({ token, unlistedCount = 0 }) => ({ token, count: unlistedCount })),
  ]
  return all.filter(({ count }) => count >= unlistedOften).map(({ token }) => token)
}

/**
 * What may be suspended: `scaling` keeps the desired count, `launch` and `terminate` make and end no machine, `replace`
 * leaves unhealthy instances alone.
 */
export type Process = 'scaling' | 'launch' | 'terminate' | 'replace'

export const everyProcess: readonly Process[] = ['scaling', 'launch', 'terminate', 'replace']

/** All that a controller knows of its group. Never changed in place. */
export interface GroupState {
  /** Undefined until the group has been seen for the first time. */
  readonly desired: number | undefined
  readonly decision: DecisionState | undefined
  readonly shadows: ShadowStates
  readonly members: ReadonlyMap<string, Member>
  readonly intents: ReadonlyMap<string, Intent>
  readonly backoff: LaunchBackoff
  readonly suspended: ReadonlySet<Process>
}

export const freshState: GroupState = {
  desired: undefined,
  decision: undefined,
  shadows: new Map(),
  members: new Map(),
  intents: new Map(),
  backoff: { failures: 0, lastFailureAt: 0, lastDeathAt: 0, raisedAt: 0, until: 0 },
  suspended: new Set(),
}

/** The state as plain JSON, for a StateStore. */
export function toStored(state: GroupState): Json {
  return {
    ...state,
    decision: state.decision,
    shadows: [...state.shadows].map(([name, decision]) => ({ name, decision })),
    members: [...state.members.values()] as unknown as Json,
    intents: [...state.intents.values()] as unknown as Json,
    backoff: { ...state.backoff },
    suspended: [...state.suspended],
  }
}

/** The state as it was stored, or undefined when this is not what `toStored` gives. */
export function fromStored(stored: Json): GroupState | undefined {
  const state = stored as unknown as StoredState
  if (typeof state !== 'object' || state === null) return undefined
  if (!Array.isArray(state.members) || !Array.isArray(state.intents) || !Array.isArray(state.suspended)) {
    return undefined
  }
  if (state.desired !== undefined && !Number.isSafeInteger(state.desired)) return undefined
  return {
    desired: state.desired,
    decision: state.decision,
    shadows: new Map(Array.isArray(state.shadows) ? state.shadows.map(shadowEntry) : []),
    members: new Map(state.members.map((member) => [member.id, member])),
    intents: new Map(state.intents.map((intent) => [intent.token, intent])),
    backoff: { ...freshState.backoff, ...state.backoff },
    suspended: new Set(state.suspended.filter((process) => everyProcess.includes(process))),
  }
}

const shadowEntry = ({ name, decision }: StoredShadow): readonly [string, DecisionState] => [name, decision]

interface StoredShadow {
  readonly name: string
  readonly decision: DecisionState
}

interface StoredState {
  readonly desired?: number
  readonly decision?: DecisionState
  /** Absent in what was stored before there were any. */
  readonly shadows?: readonly StoredShadow[]
  readonly members: readonly Member[]
  readonly intents: readonly Intent[]
  readonly backoff?: LaunchBackoff
  readonly suspended: readonly Process[]
}
