import { withDeadline } from '../../async/deadline.js'
import { FlotillaError } from '../../errors.js'
import { type GroupState, toStored } from '../life/group-state.js'
import type { FullOptions } from '../options/full-options.js'
import type { Problems } from '../telling/problems.js'
import type { Term } from './term.js'

export interface SaveContext {
  readonly options: FullOptions
  /** Nothing is stored beyond it. */
  readonly term: Term
  readonly problems: Problems
  /** The group is another's by now. */
  readonly onConflict: (error: FlotillaError) => void
}

/** Stores the state. A store that fails is told of; the group goes on, and is adopted from its labels. */
export async function saveState(
  state: GroupState,
  { options, term, problems, onConflict }: SaveContext,
): Promise<void> {
  if (options.dryRun || !term.maySave || term.lost.aborted) return
  const { store, group, clock, timeouts } = options
  const { token } = term
  const what = `store the state of ${group}`
  try {
    await withDeadline(() => store.save(group, toStored(state), { token }), {
      clock,
      timeoutMs: timeouts.storeMs,
      what,
    })
    problems.over('store-failed', '')
  } catch (error) {
    // No mere failure of the store: what was about to be done is another's to do.
    if (error instanceof FlotillaError && error.code === 'conflict') onConflict(error)
    else problems.failed('store-failed', '', what, error)
  }
}
