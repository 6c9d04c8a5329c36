import type { Member } from '../life/group-state.js'
import type { VictimFacts, VictimPolicy } from './victim-policy.js'

/** One question by which victims are told apart: the lowest score goes first. */
export interface Criterion {
  readonly score: (member: Member) => number
  /** Why one with the lowest score goes, when others have a higher one. */
  readonly words: (member: Member) => string
}

/** What the policies ask, in their order. */
export function criteriaOf(members: readonly Member[], facts: VictimFacts): readonly Criterion[] {
  return facts.order.flatMap((policy) => criteriaOfPolicy(policy, members, facts))
}

function criteriaOfPolicy(
  policy: VictimPolicy,
  members: readonly Member[],
  facts: VictimFacts,
): readonly Criterion[] {
  switch (policy) {
    case 'default':
      return [oldestTemplate(members, facts), oldest]
    case 'oldest-template':
      return [oldestTemplate(members, facts)]
    case 'oldest-instance':
    case 'oldest':
      return [oldest]
    case 'newest-instance':
    case 'newest':
      return [{ score: ({ createdAt }) => -createdAt, words: () => 'the newest' }]
    case 'least-busy':
      return [leastBusy(facts)]
  }
}

const oldest: Criterion = { score: ({ createdAt }) => createdAt, words: () => 'the oldest' }

/** Templates have no numbers: the older one is that of which nothing was launched for longer. */
function oldestTemplate(members: readonly Member[], { templateHash: current }: VictimFacts): Criterion {
  const lastUse = new Map<string | undefined, number>()
  for (const { templateHash, createdAt } of members) {
    lastUse.set(templateHash, Math.max(createdAt, lastUse.get(templateHash) ?? -Infinity))
  }
  return {
    score: ({ templateHash }) =>
      current === undefined || templateHash === current ? Infinity : (lastUse.get(templateHash) ?? 0),
    words: () => 'made from the oldest template',
  }
}

function leastBusy({ busy, busyMetric }: VictimFacts): Criterion {
  const score = ({ id }: Member): number => {
    const reading = busy.get(id)
    return reading?.kind === 'value' ? reading.value : Infinity
  }
  return {
    score,
    words: (member) => `the least busy, ${busyMetric} ${Math.round(score(member) * 1000) / 1000}`,
  }
}
