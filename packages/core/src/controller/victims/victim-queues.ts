import type { Member } from '../life/group-state.js'
import type { Criterion } from './victim-criteria.js'

/** One that may go, with its score by each criterion. */
export interface Candidate {
  readonly member: Member
  readonly scores: readonly number[]
}

/** Those of one zone that are equally far from service, in the order in which the policies would take them. */
export interface Queue {
  /** Undefined also where zones make no difference. */
  readonly zone: string | undefined
  /** 0 launching or without traffic, 1 warming, 2 in service. */
  readonly phase: number
  readonly list: readonly Candidate[]
  /** Where the first stands that was not taken yet. */
  next: number
}

/** The queues of a group, without those that are protected. */
export function queuesOf(
  capacity: readonly Member[],
  criteria: readonly Criterion[],
  byZone: boolean,
): readonly Queue[] {
  const lists = new Map<string, { zone: string | undefined; phase: number; list: Candidate[] }>()
  for (const member of capacity) {
    if (member.isProtected) continue
    const phase = phaseOf(member)
    const zone = byZone ? member.zone : undefined
    const key = JSON.stringify([phase, zone ?? null])
    const queue = lists.get(key) ?? { zone, phase, list: [] }
    lists.set(key, queue)
    // A number that is none, from whatever backend, must not upset the order.
    const scores = criteria.map(({ score }) => {
      const given = score(member)
      return Number.isNaN(given) ? Infinity : given
    })
    queue.list.push({ member, scores })
  }
  return [...lists.values()].map(({ zone, phase, list }) => ({
    zone,
    phase,
    list: list.toSorted(compare),
    next: 0,
  }))
}

function phaseOf({ state, heldOut }: Member): number {
  if (state === 'launching' || heldOut !== undefined) return 0
  return state === 'warming' ? 1 : 2
}

export const headOf = ({ list, next }: Queue): Candidate | undefined => list[next]

/** The queue of the two whose head goes first. */
export function withEarlierHead(a: Queue | undefined, b: Queue): Queue {
  const first = a === undefined ? undefined : headOf(a)
  const second = headOf(b)
  if (a === undefined || first === undefined) return b
  return second !== undefined && compare(second, first) < 0 ? b : a
}

/** What told the head of a queue from the others in these: each criterion that some of them met less well. */
export function whatToldApart(
  head: Candidate,
  queues: readonly Queue[],
  criteria: readonly Criterion[],
): readonly string[] {
  const why: string[] = []
  // Of each queue, those that were equal so far: always a run from its head, ordered by the next criterion.
  let runs = queues.map(({ list, next }) => ({ list, from: next, to: list.length }))
  for (const [index, { words }] of criteria.entries()) {
    const score = head.scores[index] ?? 0
    const isEqual = (candidate: Candidate | undefined): boolean => candidate?.scores[index] === score
    if (runs.every(({ list, from, to }) => from === to || isEqual(list[to - 1]))) continue
    why.push(words(head.member))
    runs = runs.map(({ list, from, to }) => ({ list, from, to: firstNot(isEqual, list, from, to) }))
  }
  const alikeCount = runs.reduce((sum, { from, to }) => sum + to - from, 0)
  return alikeCount > 1 ? [...why, `the first by id of ${alikeCount} alike`] : why
}

function compare(a: Candidate, b: Candidate): number {
  for (const [index, score] of a.scores.entries()) {
    const other = b.scores[index] ?? 0
    if (score !== other) return score < other ? -1 : 1
  }
  return a.member.id < b.member.id ? -1 : 1
}

/** Where a run that begins with those that are `wanted` has the first that is not. */
function firstNot(
  wanted: (candidate: Candidate | undefined) => boolean,
  list: readonly Candidate[],
  from: number,
  to: number,
): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >> 1
    if (wanted(list[middle])) low = middle + 1
    else high = middle
  }
  return low
}
