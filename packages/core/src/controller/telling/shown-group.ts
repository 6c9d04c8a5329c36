import type { TrackedInstance } from '../../model.js'
import type { ProbeResult } from '../../probes/probe.js'
import { type GroupState, type Member, wantedIntents } from '../life/group-state.js'
import type { LifeLimits } from '../life/life-limits.js'
import { noteOf } from '../life/reasons.js'
import type { ShownInstance } from './group-status.js'
import { shownInstance } from './shown-instance.js'

/** The instances as policies see them, launches under way included. */
export function trackedInstances(group: string, state: GroupState): readonly (TrackedInstance | Member)[] {
  const coming = wantedIntents(state).map(({ token, at }): TrackedInstance => ({
    id: `launch:${token}`,
    group,
    token,
    name: token,
    status: 'pending',
    createdAt: at,
    state: 'launching',
    stateSince: at,
    isProtected: false,
  }))
  return [...state.members.values(), ...coming]
}

/** The same as everybody may see them, with what stands between each and its work. */
export function shownInstances(
  group: string,
  state: GroupState,
  {
    life,
    answers,
  }: { readonly life: LifeLimits; readonly answers: ReadonlyMap<string, ProbeResult> | undefined },
): readonly ShownInstance[] {
  return trackedInstances(group, state).map((one) => {
    const member = state.members.get(one.id)
    const note = member === undefined ? 'its launch is under way' : noteOf(member, life, answers?.get(one.id))
    return { ...shownInstance(one), ...(note === undefined ? {} : { note }) }
  })
}
