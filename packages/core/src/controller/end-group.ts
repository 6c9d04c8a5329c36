import type { Events } from './events.js'
import type { FullOptions } from './full-options.js'
import { type GroupState, freshState } from './group-state.js'
import type { Problems } from './problems.js'
import { terminateAll } from './terminate-all.js'

/** Ends every instance but the protected ones, tells of each, and gives the state that is left to be stored. */
export async function endGroup(
  options: FullOptions,
  state: GroupState,
  events: Events,
  problems: Problems,
): Promise<{ readonly state: GroupState; readonly leftCount: number }> {
  const left = new Set((await terminateAll(options, state, problems)).map(({ id }) => id))
  for (const member of state.members.values()) {
    if (left.has(member.id)) continue
    events.emit('instance', {
      instance: member,
      from: member.state,
      to: 'gone',
      reason: 'the group was ended',
    })
  }
  const members = new Map([...state.members].filter(([id]) => left.has(id)))
  // A group that was ended starts afresh next time, from what is found then.
  return { state: { ...freshState, members, suspended: state.suspended }, leftCount: left.size }
}
