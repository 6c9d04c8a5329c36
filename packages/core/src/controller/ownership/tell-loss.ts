import { withDeadline } from '../../async/deadline.js'
import type { FlotillaError } from '../../errors.js'
import type { LeaseHolder } from '../../state/store.js'
import type { FullOptions } from '../options/full-options.js'
import type { Problems } from '../telling/problems.js'

/** Asking who holds a group is no reason to wait long. */
const holderMs = 5000

/** Who has the group instead; undefined when that is nobody else, or cannot be told. */
export async function otherHolder(
  { store, group, clock }: FullOptions,
  ownToken: number | undefined,
  signal: AbortSignal,
): Promise<LeaseHolder | undefined> {
  const holder = store.holder?.bind(store)
  if (holder === undefined) return undefined
  const what = `look up who holds ${group}`
  try {
    const ask = async (inner: AbortSignal): Promise<LeaseHolder | undefined> =>
      holder(group, { signal: inner })
    const found = await withDeadline(ask, { clock, timeoutMs: holderMs, what, signal })
    return found?.token === ownToken ? undefined : found
  } catch {
    return undefined
  }
}

/** Says who has the group, once that is known, and until then that it is in doubt. */
export function tellLoss(
  group: string,
  loss: {
    readonly error: FlotillaError
    readonly other: LeaseHolder | undefined
    readonly ownToken: number | undefined
  },
  problems: Problems,
): void {
  const { error, other, ownToken } = loss
  const advice = `nothing is launched, ended or balanced here until this controller owns group ${group} again`
  if (other !== undefined) {
    problems.stands('ownership-lost', '', `${inWords(other)}; ${advice}: stop one of the two`, error)
    problems.over('ownership-in-doubt', '')
  } else if (error.code === 'conflict' && ownToken === undefined) {
    problems.stands('ownership-lost', '', `${error.message}; ${advice}`, error)
  } else {
    problems.stands('ownership-in-doubt', '', `${error.message}; ${advice}`, error)
  }
}

/** `process 4711 on host-a holds the group since …`. */
export const inWords = ({ who, since, token }: LeaseHolder): string =>
  `${who} holds the group since ${new Date(since).toISOString()} (token ${token})`
