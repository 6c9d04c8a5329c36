import { invalidOption } from '../check-options.js'
import { FlotillaError } from '../errors.js'
import { type GroupState, type Member, type Process, everyProcess } from './group-state.js'

/**
 * The state with some members changed.
 *
 * @throws FlotillaError `not-found` when one of them is not in the group; then none is changed
 */
export function changeMembers(
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
export function assertStays(member: Member, what: string): void {
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
