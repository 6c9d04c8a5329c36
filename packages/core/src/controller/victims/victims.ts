import { isCapacity } from '../../model.js'
import type { Member } from '../life/group-state.js'
import { criteriaOf } from './victim-criteria.js'
import type { VictimFacts } from './victim-policy.js'
import { type Queue, headOf, queuesOf, whatToldApart, withEarlierHead } from './victim-queues.js'

/** One that goes, and why it and not another. */
export interface Victim {
  readonly member: Member
  /** In words: `zone b has most, 3 of 5; the oldest`. */
  readonly why: string
}

/**
 * Those that go when the group has `count` too many, in their order; fewer when too few may go.
 *
 * They are chosen one at a time, as EC2 does: those not yet in service first, as nobody misses them; then from the zone
 * that has the most instances, of those with one that may go; then by the policies. Protected ones are never among them.
 */
export function chooseVictims(
  members: readonly Member[],
  count: number,
  facts: VictimFacts,
): readonly Victim[] {
  const capacity = members.filter(isCapacity)
  const criteria = criteriaOf(members, facts)
  const queues = queuesOf(capacity, criteria, facts.balanceZones)
  const sizes = new Map<string | undefined, number>()
  for (const { zone } of capacity) sizes.set(zone, (sizes.get(zone) ?? 0) + 1)
  const sizeOf = ({ zone }: Queue): number => (facts.balanceZones ? (sizes.get(zone) ?? 0) : 0)

  const victims: Victim[] = []
  while (victims.length < Math.min(count, capacity.length)) {
    const open = queues.filter(({ list, next }) => next < list.length)
    const phase = Math.min(...open.map((queue) => queue.phase))
    const sooner = open.filter((queue) => queue.phase === phase)
    const most = Math.max(...sooner.map(sizeOf))
    const largest = sooner.filter((queue) => sizeOf(queue) === most)
    const from = largest.reduce<Queue | undefined>(withEarlierHead, undefined)
    const head = from === undefined ? undefined : headOf(from)
    if (from === undefined || head === undefined) break

    const why: string[] = []
    if (head.member.heldOut !== undefined) why.push(`it gets no traffic, as ${head.member.heldOut}`)
    else if (sooner.length < open.length) why.push(phase === 0 ? 'not in service yet' : 'still warming up')
    if (largest.length < sooner.length) {
      const name = from.zone === undefined ? 'no zone' : `zone ${from.zone}`
      why.push(`${name} has most, ${most} of ${capacity.length - victims.length}`)
    }
    why.push(...whatToldApart(head, largest, criteria))
    victims.push({ member: head.member, why: why.length === 0 ? 'no other may go' : why.join('; ') })
    from.next += 1
    const { zone } = head.member
    sizes.set(zone, (sizes.get(zone) ?? 0) - 1)
  }
  return victims
}
