import type { Member, MemberSpec } from '@flotilla/openstack-client'
import { placeOf } from './members.js'

/** The state of a listener, a pool or a load balancer. */
interface Part {
  /** For messages: `the load balancer front`. */
  readonly what: string
  readonly provisioningStatus: string
  readonly isUp: boolean | undefined
}

/** Why a part cannot serve; undefined when it can. A change under way is no reason. */
export function brokenPart({ what, provisioningStatus, isUp }: Part): string | undefined {
  if (/^(ERROR|DELETED|PENDING_DELETE)$/.test(provisioningStatus)) {
    const cure = provisioningStatus === 'ERROR' ? 'fail it over, or look why' : 'create it again'
    return `Octavia calls ${what} ${provisioningStatus}; ${cure}`
  }
  return isUp === false ? `${what} was switched off (admin_state_up false); switch it on` : undefined
}

/** How the pool's members differ from those that were set; undefined when they do not. */
export function changedMembers(wanted: readonly MemberSpec[], found: readonly Member[]): string | undefined {
  const byPlace = new Map(
    found.map((member) => [placeOf({ host: member.address, port: member.port }), member]),
  )
  const places = new Set(wanted.map(({ address: host, port }) => placeOf({ host, port })))
  const missing = wanted.filter(({ address: host, port }) => !byPlace.has(placeOf({ host, port })))
  const extra = found.filter(({ address: host, port }) => !places.has(placeOf({ host, port })))
  const changed = wanted.flatMap(({ address: host, port, weight }) => {
    const member = byPlace.get(placeOf({ host, port }))
    if (member === undefined) return []
    if (member.isUp === false) return [`${host}:${port} switched off`]
    if (member.isBackup === true) return [`${host}:${port} made a backup`]
    if (/^(ERROR|DELETED|PENDING_DELETE)$/.test(member.provisioningStatus))
      return [`${host}:${port} is ${member.provisioningStatus}`]
    return member.weight === weight ? [] : [`${host}:${port} has weight ${member.weight}, not ${weight}`]
  })
  const differences = [
    ...missing.map(({ address, port }) => `${address}:${port} is missing`),
    ...extra.map(({ address, port }) => `${address}:${port} was not set here`),
    ...changed,
  ]
  if (differences.length === 0) return undefined
  const more = differences.length > mostTold ? `, and ${differences.length - mostTold} more` : ''
  return `somebody has changed the pool's members: ${differences.slice(0, mostTold).join(', ')}${more}`
}

const mostTold = 5
