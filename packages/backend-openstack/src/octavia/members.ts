import { isIP } from 'node:net'
import type { BalancerMember } from '@flotilla/core'
import { check, checkOptions, invalidOption } from '@flotilla/core/authoring'
import type { MemberSpec } from '@flotilla/openstack-client'
import * as v from 'valibot'

const membersSchema = v.object({
  members: v.array(
    v.object({
      id: check.text(),
      host: v.pipe(
        v.string('an IP address'),
        v.check((host) => isIP(host) > 0, 'an IP address: Octavia takes no names'),
      ),
      port: check.wholeNumber(1, 65_535),
      weight: v.optional(check.positiveNumber()),
    }),
  ),
})

/** @throws FlotillaError `invalid-options` */
export function checkMembers(members: readonly BalancerMember[]): readonly BalancerMember[] {
  const { members: checked } = checkOptions('sync', membersSchema, { members })
  const [ids, places] = [checked.map(({ id }) => id), checked.map(placeOf)]
  for (const [index, { id }] of checked.entries()) {
    if (ids.indexOf(id) !== index) throw invalidOption('sync', `members.${index}.id`, id, 'an id of its own')
    const place = places[index] ?? ''
    if (places.indexOf(place) !== index)
      throw invalidOption('sync', `members.${index}.port`, place, 'an address and port of its own')
  }
  return checked
}

/** The address and port by which Octavia identifies a member. */
export const placeOf = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host} ${port}`

/** Octavia's highest weight. */
const heaviest = 256

/** Whole numbers from 1 to 256 in the proportion of the weights. A weight of 0 would take no new connections. */
export function wholeWeights(members: readonly BalancerMember[]): readonly number[] {
  const weights = members.map(({ weight = 1 }) => weight)
  const most = Math.max(0, ...weights)
  const isWhole = most <= heaviest && weights.every((weight) => Number.isInteger(weight))
  if (isWhole) return weights
  return weights.map((weight) => Math.max(1, Math.round((weight / most) * heaviest)))
}

/** The members for Octavia, with the draining ones at weight 0. */
export function memberSpecs(
  members: readonly BalancerMember[],
  draining: readonly BalancerMember[],
  subnetId: string | undefined,
): readonly MemberSpec[] {
  const weights = wholeWeights(members)
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
