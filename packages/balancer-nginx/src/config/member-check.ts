import { isIPv6 } from 'node:net'
import type { BalancerMember } from '@flotilla/core'
import { check, checkMembers as checked, hostCheck, type CheckedMember } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { isToken } from './checked-text.js'
import { canonicalIPv6 } from './listen.js'

/** A member that may be written into a configuration. */
export type Member = CheckedMember

/** Written into a comment with its special characters encoded, which may make three of each byte. */
const id = v.pipe(check.text(), v.check(isToken, 'a text of at most 1000 bytes without control characters'))

const host = v.pipe(
  hostCheck(),
  v.check((name) => !name.endsWith('.'), 'a host name without a dot at its end'),
)

/**
 * The members that `sync` was given, as copies, sorted by id: their order has no meaning.
 *
 * @throws FlotillaError `invalid-options`, naming the first field that will not do
 */
export function checkMembers(given: readonly BalancerMember[]): readonly Member[] {
  return checked(given, { id, host })
    .map((member) => (isIPv6(member.host) ? { ...member, host: canonicalIPv6(member.host) } : member))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
