import { isIPv4, isIPv6 } from 'node:net'
import type { BalancerMember } from '@flotilla/core'
import { check, checkOptions, invalidOption } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { isToken } from './checked-text.js'
import { canonicalIPv6 } from './ipv6.js'

/** A member that may be written into a configuration. */
export type Member = Required<{ readonly [Key in keyof BalancerMember]: NonNullable<BalancerMember[Key]> }>

const hostName =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/i

const schema = v.object({
  members: v.array(
    v.object(
      {
        id: v.pipe(
          check.text(),
          // Written into a comment with its special characters encoded, which may make three of each byte.
          v.check(isToken, 'a text of at most 1000 bytes without control characters'),
        ),
        host: v.pipe(
          v.string('a host name or IP address'),
          v.check(isHost, 'a host name or IP address, without brackets, zone or port'),
        ),
        port: check.wholeNumber(1, 65_535),
        weight: v.optional(check.positiveNumber()),
      },
      'a member, { id, host, port }',
    ),
    'an array of members',
  ),
})

/**
 * The set of members a caller gave, as a copy of its own, sorted by id: the order is not the caller's to mean anything by.
 *
 * @throws FlotillaError `invalid-options`, naming the first field that will not do
 */
export function checkMembers(given: readonly BalancerMember[]): readonly Member[] {
  const { members } = checkOptions('sync', schema, { members: given })
  const ids = new Set<string>()
  for (const [index, { id }] of members.entries()) {
    if (ids.has(id)) throw invalidOption('sync', `members.${index}.id`, id, 'given once')
    ids.add(id)
  }
  return members
    .map(({ id, host, port, weight = 1 }) => ({
      id,
      host: isIPv6(host) ? canonicalIPv6(host) : host,
      port,
      weight,
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** A name that ends in a number would be read as an address, and by Nginx as another one than by the next reader. */
function isHost(host: string): boolean {
  if (isIPv4(host)) return true
  if (isIPv6(host)) return !host.includes('%')
  return hostName.test(host) && !/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/i.test(host)
}
