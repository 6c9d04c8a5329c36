import { isIP } from 'node:net'
import type { BalancerMember } from '@flotilla/core'
import { checkMembers as checkGiven, wholeWeights } from '@flotilla/core/authoring'
import type { MemberSpec } from '@flotilla/openstack-client'
import * as v from 'valibot'

/** Octavia takes IP addresses only, and one member for each address and port. */
const rules = {
  host: v.pipe(
    v.string('an IP address'),
    v.check((host) => isIP(host) > 0, 'an IP address: Octavia takes no names'),
  ),
  distinctPlaces: true,
}

/** @throws FlotillaError `invalid-options` */
export const checkMembers = (members: readonly BalancerMember[]): readonly BalancerMember[] =>
  checkGiven(members, rules)

/** The address and port by which Octavia identifies a member. */
export const placeOf = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host} ${port}`

/** Octavia's highest weight. A weight of 0 takes no new connections, so a member in service has 1 at least. */
const heaviest = 256

/** The members for Octavia, with the draining ones at weight 0. */
export function memberSpecs(
  members: readonly BalancerMember[],
  draining: readonly BalancerMember[],
  subnetId: string | undefined,
): readonly MemberSpec[] {
  const weights = wholeWeights(
    members.map(({ weight = 1 }) => weight),
    { largest: heaviest },
  )
  const spec = ({ id, host, port }: BalancerMember, weight: number): MemberSpec => ({
    name: id,
    address: host,
    port,
    weight,
    ...(subnetId === undefined ? {} : { subnetId }),
  })
  return [
    ...members.map((member, index) => spec(member, weights[index] ?? 1)),
    ...draining.map((member) => spec(member, 0)),
  ]
}
