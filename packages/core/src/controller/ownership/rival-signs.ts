import type { Instance } from '../../model.js'
import type { Member } from '../life/group-state.js'

/** What was seen of a group by one list, and what this controller knows of its own deeds. */
export interface Strangeness {
  readonly listed: readonly Instance[]
  /** As they were known before the list. */
  readonly members: ReadonlyMap<string, Member>
  /** Every token that this controller gave, or found in its stored state. */
  readonly given: ReadonlySet<string>
  /** Ids that it is ending, or has ended since the last list. */
  readonly ended: ReadonlySet<string>
  /** From when on a machine must have been made in this controller's own life, epoch milliseconds. */
  readonly since: number
}

/** Whether machines came that nobody here launched, or went that nobody here ended. */
export function strangeMoves({ listed, members, given, ended, since }: Strangeness): {
  readonly came: boolean
  readonly went: boolean
} {
  const ids = new Set(listed.map(({ id }) => id))
  const came = listed.some(
    ({ id, token, createdAt }) => !members.has(id) && !given.has(token) && createdAt >= since,
  )
  const went = [...members.values()].some(
    (member) => !ids.has(member.id) && isRemoval(member) && !ended.has(member.id),
  )
  return { came, went }
}

/** One that was launching may have been cleaned up by its own launch; one that leaves was to go. */
const isRemoval = ({ state }: Member): boolean =>
  state === 'in-service' || state === 'warming' || state === 'standby' || state === 'draining'

/** The moments of strange moves within the window, epoch milliseconds. */
export interface RivalSigns {
  readonly came: readonly number[]
  readonly went: readonly number[]
}

export const noSigns: RivalSigns = { came: [], went: [] }

/**
 * The signs with those of one more list. A moment counts once, however many machines moved in it: who ends ten machines by
 * hand does it once.
 */
export function withMoves(
  signs: RivalSigns,
  moves: { readonly came: boolean; readonly went: boolean },
  now: number,
  windowMs: number,
): RivalSigns {
  const kept = (moments: readonly number[], isNew: boolean): readonly number[] => {
    const young = moments.filter((at) => at > now - windowMs && at <= now)
    return isNew ? [...young, now] : young
  }
  return { came: kept(signs.came, moves.came), went: kept(signs.went, moves.went) }
}

/** Two controllers answer each other at every tick; a person or a clean-up job does not, for so long. */
const most = { came: 3, went: 5, both: 2 } as const

/** What the signs say in words when they are those of another controller; undefined when they are not. */
export function rivalIn({ came, went }: RivalSigns): string | undefined {
  const isRival =
    came.length >= most.came ||
    went.length >= most.went ||
    (came.length >= most.both && went.length >= most.both)
  if (!isRival) return undefined
  return `machines of the group came ${came.length} times that this controller did not launch, and went ${went.length} times that it did not end`
}
