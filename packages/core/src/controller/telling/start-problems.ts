import { isCapacity } from '../../model.js'
import { type LifecycleChange, leftToBackend } from '../life/advance.js'
import { type GroupState, type Member, unlistedTokens, wantedIntents } from '../life/group-state.js'
import { fateOf } from '../life/reasons.js'
import type { Problems } from './problems.js'

export interface SlowStartFacts {
  readonly now: number
  readonly intervalMs: number
  readonly readyTimeoutMs: number
  /** What one waits for. */
  readonly reasonOf: (member: Member) => string
}

/**
 * Tells of launches that have not come to serve though the time for it has passed, with what each waits for, and of their
 * end: in service, or gone.
 */
export function tellSlowStarts(
  members: ReadonlyMap<string, Member>,
  problems: Problems,
  facts: SlowStartFacts,
): void {
  const { now, readyTimeoutMs, reasonOf } = facts
  const all = [...members.values()]
  const slowMs = usualStartMs(all, facts)
  const slow = all.filter(({ state, stateSince }) => state === 'launching' && now - stateSince >= slowMs)
  for (const member of slow) {
    const waited = `${member.name} is not ready after ${Math.round((now - member.stateSince) / 1000)} s`
    const isOver = now - member.stateSince >= readyTimeoutMs
    const message = isOver
      ? `${waited}: ${reasonOf(member)}; ${leftToBackend}`
      : `${waited}, and has ${readyTimeoutMs / 1000} s: ${reasonOf(member)}`
    problems.stands('not-ready', member.id, message)
  }
  problems.onlyAbout('not-ready', new Set(slow.map(({ id }) => id)), (id) => fateOf(members.get(id)))
}

/** Some ticks; more where the others took longer to start. */
function usualStartMs(
  members: readonly Member[],
  { intervalMs, readyTimeoutMs }: Pick<SlowStartFacts, 'intervalMs' | 'readyTimeoutMs'>,
): number {
  let longest = 0
  for (const { readyAt, createdAt } of members) {
    if (readyAt !== undefined) longest = Math.max(longest, readyAt - createdAt)
  }
  return Math.min(readyTimeoutMs / 2, Math.max(3 * intervalMs, 10_000, 1.5 * longest))
}

/** Tells of machines that may run although no list shows them: their launch succeeded, again and again. */
export function tellUnseenLaunches(state: GroupState, backendName: string, problems: Problems): void {
  const { length } = unlistedTokens(state)
  if (length === 0) return problems.over('launch-unseen', '')
  const those =
    length === 1 ? '1 machine whose launch succeeded is' : `${length} machines whose launch succeeded are`
  const message = `${those} in no list of ${backendName}, however often each is launched: they may run, so they take room under max, and no others are made in their place`
  problems.stands('launch-unseen', '', message)
}

/** Tells of instances that ended before they came to serve, until one does or none is missing any more. */
export function tellFailedStarts(
  changes: readonly LifecycleChange[],
  state: GroupState,
  problems: Problems,
): void {
  for (const { instance, from, to, reason } of changes) {
    if (from === 'launching' && to === 'failed') {
      problems.stands('start-failed', '', `${instance.name} did not come to serve: ${reason}`)
    } else if (from === 'launching' && (to === 'in-service' || to === 'warming')) {
      problems.over('start-failed', '')
    }
  }
  const { desired = 0 } = state
  const members = [...state.members.values()].filter(isCapacity)
  const serving = members.filter(({ state: at }) => at !== 'launching')
  if (serving.length >= desired) problems.over('start-failed', '')
  // With nothing more to launch, nothing will tell whether it would work again.
  if (members.length >= desired && wantedIntents(state).length === 0) {
    problems.onlyAbout('launch-failed', new Set())
  }
}
