import { invalidOption } from '../../options/check-options.js'
import { freshDamping, rememberChange, rememberProposal } from '../../decide/damping.js'
import { FlotillaError } from '../../errors.js'
import type { FullOptions } from '../options/full-options.js'
import { type GroupState, type Member, type Process, everyProcess } from './group-state.js'

/** What a command makes of the state. */
export type Change = (state: GroupState) => GroupState

/**
 * Sets the count by hand. It counts as a decision: cooldowns and rates run from it, and the windows remember it.
 *
 * @throws FlotillaError `invalid-options` when it is not a whole number within min..max
 */
export function setDesired(
  count: number,
  { min, max, behavior, clock }: Pick<FullOptions, 'min' | 'max' | 'behavior' | 'clock'>,
): Change {
  if (!Number.isSafeInteger(count) || count < min || count > max) {
    throw invalidOption('setDesired', 'count', count, `a whole number within min..max (${min}..${max})`)
  }
  return (state) => {
    const now = clock.now()
    const before = state.decision?.damping ?? freshDamping
    const changed = rememberChange(before, now, count - (state.desired ?? count), behavior)
    const damping = rememberProposal(changed, now, count, behavior)
    return { ...state, desired: count, decision: { ...state.decision, at: now, damping } }
  }
}

export function pause(processes: readonly Process[]): Change {
  return (state) => ({ ...state, suspended: new Set([...state.suspended, ...processes]) })
}

export function resume(processes: readonly Process[]): Change {
  return (state) => ({
    ...state,
    suspended: new Set([...state.suspended].filter((process) => !processes.includes(process))),
  })
}

/** Protects members; one that is draining goes back into service. */
export function protect(ids: readonly string[], stateSince: number): Change {
  return (state) =>
    changeMembers(state, 'protect', ids, (member) => {
      if (member.state === 'draining') return { isProtected: true, state: 'in-service', stateSince }
      if (member.state === 'terminating') assertStays(member, 'protect')
      return { isProtected: true }
    })
}

export function unprotect(ids: readonly string[]): Change {
  return (state) => changeMembers(state, 'unprotect', ids, () => ({ isProtected: false }))
}

export function enterStandby(ids: readonly string[], stateSince: number): Change {
  return (state) =>
    changeMembers(state, 'enterStandby', ids, (member) => {
      assertStays(member, 'enterStandby')
      return { state: 'standby', stateSince }
    })
}

/** Back from standby, through the probe. */
export function exitStandby(ids: readonly string[], stateSince: number): Change {
  return (state) =>
    changeMembers(state, 'exitStandby', ids, (member) =>
      member.state === 'standby' ? { state: 'launching', stateSince } : {},
    )
}

/**
 * The state with some members changed.
 *
 * @throws FlotillaError `not-found` when one of them is not in the group; then none is changed
 */
function changeMembers(
  state: GroupState,
  what: string,
  ids: readonly string[],
  change: (member: Member) => Partial<Member>,
): GroupState {
  const members = new Map(state.members)
  for (const id of ids) {
    const member = members.get(id)
    if (member === undefined) {
      throw new FlotillaError('not-found', `${what}: the group has no instance ${id}`, { instanceId: id })
    }
    members.set(id, { ...member, ...change(member) })
  }
  return { ...state, members }
}

/**
 * @throws FlotillaError `conflict` when the member is already on its way out
 */
function assertStays(member: Member, what: string): void {
  if (member.state !== 'draining' && member.state !== 'terminating' && member.state !== 'failed') return
  throw new FlotillaError('conflict', `${what}: ${member.id} is ${member.state} already`, {
    instanceId: member.id,
    retryable: false,
  })
}

/** The processes named, or all when none is. */
export function checkProcesses(what: string, processes: readonly Process[]): readonly Process[] {
  const unknown = processes.find((process) => !everyProcess.includes(process))
  if (unknown !== undefined)
    throw invalidOption(what, 'process', unknown, `one of ${everyProcess.join(', ')}`)
  return processes.length === 0 ? everyProcess : processes
}
