import * as v from 'valibot'
import type { BalancerMember } from '../balancer.js'
import { checkOptions, invalidOption } from '../options/check-options.js'
import { positiveNumber, text, wholeNumber } from '../options/checks.js'
import { hostCheck } from './host-name.js'

/** A member with its default filled in. */
export interface CheckedMember extends BalancerMember {
  readonly weight: number
}

/** What a balancer asks of its members beyond the usual. */
export interface MemberRules {
  /** Default: a string that is not empty. */
  readonly id?: v.GenericSchema<string> | undefined
  /** Default: a host name or IP address, without brackets, zone or port. */
  readonly host?: v.GenericSchema<string> | undefined
  /** Whether no two members may have the same host and port; default false. */
  readonly distinctPlaces?: boolean | undefined
}

/**
 * The members that `sync` was given, as copies of the balancer's own, in the order given; a weight that is left out is 1.
 *
 * @throws FlotillaError `invalid-options`, naming the first field that will not do
 */
export function checkMembers(
  given: readonly BalancerMember[],
  { id = text(), host = hostCheck(), distinctPlaces = false }: MemberRules = {},
): readonly CheckedMember[] {
  const member = v.object(
    { id, host, port: wholeNumber(1, 65_535), weight: v.optional(positiveNumber()) },
    'a member, { id, host, port }',
  )
  const schema = v.object({ members: v.array(member, 'an array of members') })
  const { members } = checkOptions('sync', schema, { members: given })
  assertDistinct('id', members, ({ id: own }) => own)
  if (distinctPlaces) assertDistinct('port', members, ({ host: on, port }) => `${on} ${port}`)
  return members.map(({ weight = 1, ...rest }) => ({ ...rest, weight }))
}

function assertDistinct<T>(field: string, members: readonly T[], valueOf: (member: T) => string): void {
  const known = new Set<string>()
  for (const [index, member] of members.entries()) {
    const value = valueOf(member)
    if (known.has(value)) {
      const expected = field === 'id' ? 'given once' : 'an address and port of its own'
      throw invalidOption('sync', `members.${index}.${field}`, value, expected)
    }
    known.add(value)
  }
}
