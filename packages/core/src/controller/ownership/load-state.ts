import { withDeadline } from '../../async/deadline.js'
import type { FullOptions } from '../options/full-options.js'
import { type GroupState, freshState, fromStored } from '../life/group-state.js'
import type { Problems } from '../telling/problems.js'
import { promoteShadows } from '../shadows/promote-shadows.js'
import { shiftTimes } from '../loop/shift-times.js'

/**
 * The group's state as it is stored; undefined when there is none. What cannot be trusted is told, and the group begins
 * afresh.
 *
 * @throws what the store rejects with
 */
export async function loadState(
  options: FullOptions,
  problems: Problems,
  signal: AbortSignal,
): Promise<GroupState | undefined> {
  const { store, group, clock, timeouts } = options
  const loaded = await withDeadline(() => store.load(group), {
    clock,
    timeoutMs: timeouts.storeMs,
    signal,
    what: `load the state of ${group}`,
  })
  if (loaded.kind === 'none') return undefined
  const state = loaded.kind === 'state' ? fromStored(loaded.state) : undefined
  if (state === undefined) {
    const reason = loaded.kind === 'damaged' ? loaded.reason : 'the stored state is not one of ours'
    problems.happened('state-damaged', '', `${reason}; the group is adopted as it is found`)
    return freshState
  }
  const promoted = promoteShadows(state, options.policies)
  const aheadMs = Math.max(0, (state.decision?.at ?? 0) - clock.now())
  return aheadMs > 0 ? shiftTimes(promoted, -aheadMs, options) : promoted
}
