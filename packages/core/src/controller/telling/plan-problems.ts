import { isServing } from '../life/advance.js'
import type { Member } from '../life/group-state.js'
import { fateOf } from '../life/reasons.js'
import type { Plan } from '../life/reconcile.js'
import type { Problems } from './problems.js'

/** Tells of what a plan could not bring about, and of its end. */
export function tellPlanProblems(
  { state, keptCount, heldReason, keptIn }: Pick<Plan, 'state' | 'keptCount' | 'heldReason' | 'keptIn'>,
  problems: Problems,
): void {
  if (keptCount > 0) {
    const message = `${keptCount} over the desired count stay: they are protected, or terminate is paused`
    problems.stands('kept-over-desired', '', message)
  } else {
    problems.over('kept-over-desired', '')
  }
  if (heldReason === undefined) problems.over('held-at-max', '')
  else problems.stands('held-at-max', '', heldReason)
  tellImpaired(state.members, keptIn, problems)
}

/** Tells of members that get no traffic because of what the platform says, and of those that keep it all the same. */
function tellImpaired(
  members: ReadonlyMap<string, Member>,
  keptIn: readonly Member[],
  problems: Problems,
): void {
  const kept = new Set(keptIn.map(({ id }) => id))
  const out = [...members.values()].filter(
    ({ id, state, heldOut }) => heldOut !== undefined && isServing(state) && !kept.has(id),
  )
  for (const { id, name, heldOut } of out)
    problems.stands('impaired', id, `${name} gets no traffic: ${heldOut ?? ''}`)
  problems.onlyAbout('impaired', new Set(out.map(({ id }) => id)), (id) => fateOf(members.get(id)))
  const [first] = keptIn
  if (first === undefined) {
    const isNobody = ![...members.values()].some(({ state }) => isServing(state))
    return problems.over('all-impaired', '', isNobody ? 'none of them is in service' : undefined)
  }
  const who =
    keptIn.length === 1
      ? `${first.name}, the only one that serves, keeps its`
      : `all ${keptIn.length} that serve keep their`
  const message = `${who} traffic, as the platform's check may be wrong: ${first.heldOut ?? ''}`
  problems.stands('all-impaired', '', message)
}

/** Tells of unhealthy members that are left alone because there are too many of them. */
export function tellBraked(brakedCount: number, problems: Problems): void {
  if (brakedCount > 0) {
    const message = `${brakedCount} instances are unhealthy, too many to replace: is it the probe?`
    problems.stands('too-many-unhealthy', '', message)
  } else {
    problems.over('too-many-unhealthy', '')
  }
}
