import type { Reading } from '../metrics/metrics.js'
import type { Member } from './group-state.js'

/**
 * Who goes first when the group shrinks. A list is applied in order: the next one decides between equals.
 *
 * - `oldest-template`: made from a template that is no longer the backend's
 * - `oldest`, `newest`: by launch time
 * - `least-busy`: by the busy metric (`cpu` unless told otherwise); one without a reading counts as busy
 */
export type VictimPolicy = 'oldest-template' | 'oldest' | 'newest' | 'least-busy'

export const victimPolicies: readonly VictimPolicy[] = ['oldest-template', 'oldest', 'newest', 'least-busy']

export interface VictimFacts {
  readonly order: readonly VictimPolicy[]
  readonly templateHash: string | undefined
  /** Readings of the busy metric, by instance id. */
  readonly busy: ReadonlyMap<string, Reading>
}

/**
 * Those that may go, best victim first: those not yet in service before the others, then by the policies. Protected
 * ones are not in it.
 */
export function orderVictims(members: readonly Member[], facts: VictimFacts): readonly Member[] {
  return members
    .filter(({ isProtected, state }) => !isProtected && rank(state) >= 0)
    .toSorted((a, b) => {
      const byState = rank(a.state) - rank(b.state)
      if (byState !== 0) return byState
      for (const policy of facts.order) {
        const by = compare(policy, a, b, facts)
        if (by !== 0) return by
      }
      return a.id < b.id ? -1 : 1
    })
}

function rank(state: Member['state']): number {
  switch (state) {
    case 'launching':
      return 0
    case 'warming':
      return 1
    case 'in-service':
      return 2
    case 'draining':
    case 'terminating':
    case 'failed':
    case 'standby':
    case 'warm':
      return -1
  }
}

function compare(policy: VictimPolicy, a: Member, b: Member, facts: VictimFacts): number {
  switch (policy) {
    case 'oldest-template':
      return Number(isCurrent(a, facts)) - Number(isCurrent(b, facts))
    case 'oldest':
      return a.createdAt - b.createdAt
    case 'newest':
      return b.createdAt - a.createdAt
    case 'least-busy':
      return busyness(a, facts) - busyness(b, facts)
  }
}

function isCurrent({ templateHash }: Member, facts: VictimFacts): boolean {
  return facts.templateHash === undefined || templateHash === facts.templateHash
}

function busyness({ id }: Member, { busy }: VictimFacts): number {
  const reading = busy.get(id)
  return reading?.kind === 'value' ? reading.value : Number.MAX_VALUE
}
