import { withDeadline } from '../deadline.js'
import type { FullOptions } from './full-options.js'
import { type GroupState, freshState, fromStored } from './group-state.js'
import type { Problems } from './problems.js'
import { promoteShadows } from './promote-shadows.js'
import { shiftTimes } from './shift-times.js'

/** A group's state, held by this controller alone until `unlock` is called. */
export interface HeldState {
  readonly state: GroupState
  readonly unlock: () => Promise<void>
}

/**
 * Locks the group's state where the store can, and loads it. What cannot be trusted is told, and the group begins afresh.
 *
 * @throws FlotillaError `conflict` when another controller holds it; what the store rejects with
 */
export async function loadState(
  options: FullOptions,
  problems: Problems,
  signal: AbortSignal,
): Promise<HeldState> {
  const { store, group, clock, timeouts, dryRun } = options
  const bounds = { clock, timeoutMs: timeouts.storeMs, signal }
  let unlock = async (): Promise<void> => {}
  if (!dryRun && store.lock !== undefined) {
    const lock = store.lock.bind(store)
    unlock = await withDeadline((inner) => lock(group, { signal: inner }), {
      ...bounds,
      what: `lock group ${group}`,
    })
  }
  try {
    const loaded = await withDeadline(() => store.load(group), {
      ...bounds,
      what: `load the state of ${group}`,
    })
    if (loaded.kind === 'none') return { state: freshState, unlock }
    const state = loaded.kind === 'state' ? fromStored(loaded.state) : undefined
    if (state === undefined) {
      const reason = loaded.kind === 'damaged' ? loaded.reason : 'the stored state is not one of ours'
      problems.happened('state-damaged', '', `${reason}; the group is adopted as it is found`)
      return { state: freshState, unlock }
    }
    const promoted = promoteShadows(state, options.policies)
    const aheadMs = Math.max(0, (state.decision?.at ?? 0) - clock.now())
    return { state: aheadMs > 0 ? shiftTimes(promoted, -aheadMs, options) : promoted, unlock }
  } catch (error) {
    await unlock()
    throw error
  }
}
