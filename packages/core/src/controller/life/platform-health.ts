import type { BalancerMember } from '../../balancer.js'
import type { Instance } from '../../model.js'
import type { Member } from './group-state.js'

/** Why the platform says that a machine cannot serve; undefined when it says nothing against it. */
export function impairment({ status, statusReason, impaired }: Instance): string | undefined {
  if (status !== 'paused') return impaired
  return impaired ?? `it is paused${statusReason === undefined ? '' : `: ${statusReason}`}`
}

/** One that is frozen answers nobody, whatever a health check is worth. */
const isFrozen = ({ status }: Instance): boolean => status === 'paused'

/** Who gets traffic. */
export interface Traffic {
  readonly balance: readonly BalancerMember[]
  /** Those left in although the platform says that they cannot serve, because nobody else does. */
  readonly keptIn: readonly Member[]
}

/**
 * The members that the balancer should have: those that serve and have nothing said against them. When that is nobody,
 * those that run stay in: a health check that is wrong must not take a whole group out of service.
 */
export function trafficOf(members: Iterable<Member>): Traffic {
  const serving = [...members].filter(
    ({ state, address }) => address !== undefined && (state === 'in-service' || state === 'warming'),
  )
  const sound = serving.filter(({ heldOut }) => heldOut === undefined)
  const keptIn = sound.length > 0 ? [] : serving.filter((member) => !isFrozen(member))
  const balance = [...sound, ...keptIn].flatMap(({ id, address }) =>
    address === undefined ? [] : [{ id, host: address.host, port: address.port }],
  )
  return { balance, keptIn }
}
