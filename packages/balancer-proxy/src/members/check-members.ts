import { isIP } from 'node:net'
import type { BalancerMember } from '@flotilla/core'
import { check, checkOptions, invalidOption } from '@flotilla/core/authoring'
import * as v from 'valibot'

const hostName =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i

const schema = v.object({
  members: v.pipe(
    v.array(
      v.object(
        {
          id: check.text(),
          host: v.pipe(
            v.string('a host name or IP address'),
            v.check(
              (host) => isIP(host) !== 0 || hostName.test(host),
              'a host name or IP address, without brackets or port',
            ),
          ),
          port: check.wholeNumber(1, 65_535),
          weight: v.optional(check.positiveNumber()),
        },
        'a member, { id, host, port }',
      ),
      'an array of members',
    ),
    v.readonly(),
  ),
})

/** A member with its default filled in. */
export interface CheckedMember extends BalancerMember {
  readonly weight: number
}

/**
 * The set of members a caller gave, as a copy of its own.
 *
 * @throws FlotillaError `invalid-options`, naming the first field that will not do
 */
export function checkMembers(given: readonly BalancerMember[]): readonly CheckedMember[] {
  const { members } = checkOptions('sync', schema, { members: given })
  const ids = new Set<string>()
  for (const [index, { id }] of members.entries()) {
    if (ids.has(id)) throw invalidOption('sync', `members.${index}.id`, id, 'given once')
    ids.add(id)
  }
  return members.map(({ id, host, port, weight = 1 }) => ({ id, host, port, weight }))
}
