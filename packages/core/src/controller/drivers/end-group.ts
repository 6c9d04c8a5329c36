import { FlotillaError } from '../../errors.js'
import type { Instance } from '../../model.js'
import type { Events } from '../telling/events.js'
import type { FullOptions } from '../options/full-options.js'
import { type GroupState, freshState } from '../life/group-state.js'
import { leaveBalancer } from './leave-balancer.js'
import type { Problems } from '../telling/problems.js'
import { type Ending, type Leftover, endBeside, terminateAll } from './terminate-all.js'

export interface EndedGroup {
  /** What is left, to be stored. */
  readonly state: GroupState
  readonly leftCount: number
  /** Names what could not be ended, and why. Undefined when all is gone but the protected ones. */
  readonly failure: FlotillaError | undefined
}

/** In one message. */
const mostNamed = 5

/**
 * Ends every instance but the protected ones, drained first, and all that was made for the group beside them. Tells of each.
 */
export async function endGroup(
  options: FullOptions,
  state: GroupState,
  events: Events,
  problems: Problems,
  ending: Ending,
): Promise<EndedGroup> {
  const isProtected = ({ id }: Instance): boolean => state.members.get(id)?.isProtected === true
  const known = [...state.members.values()]
  const kept = known
    .filter(isProtected)
    .flatMap(({ id, address }) => (address === undefined ? [] : [{ id, ...address }]))
  await leaveBalancer(options, kept, ending.drainMs, problems)
  const leftover = await terminateAll(options, isProtected, known, ending, problems)
  const beside = await endBeside(options, problems)

  const left = new Set(leftover.instances.map(({ id }) => id))
  for (const member of known) {
    if (left.has(member.id)) continue
    events.emit('instance', {
      instance: member,
      from: member.state,
      to: 'gone',
      reason: 'the group was ended',
    })
  }
  const members = new Map([...state.members].filter(([id]) => left.has(id)))
  // A group that was ended starts afresh next time, from what is found then.
  return {
    state: { ...freshState, members, suspended: state.suspended },
    leftCount: left.size,
    failure: failureOf(options.group, leftover, isProtected, beside),
  }
}

function failureOf(
  group: string,
  { instances, reasons }: Leftover,
  isProtected: (instance: Instance) => boolean,
  beside: ReadonlyMap<string, string>,
): FlotillaError | undefined {
  if (reasons.size === 0 && beside.size === 0) return undefined
  const left = instances.filter((instance) => !isProtected(instance))
  const why = [...reasons].map(([id, reason]) => (id === '' ? reason : `${nameOf(id, left)}: ${reason}`))
  const besides = [...beside].map(([id, reason]) => `${id}: ${reason}`)
  const all = [...why, ...besides]
  const more = all.length > mostNamed ? `; and ${all.length - mostNamed} more` : ''
  const count = left.length === 1 ? '1 instance is' : `${left.length} instances are`
  const what = left.length === 0 ? 'it may have left something behind' : `${count} left`
  const message = `end group ${group}: ${what}: ${all.slice(0, mostNamed).join('; ')}${more}`
  return new FlotillaError('not-ended', message, { instanceId: left[0]?.id })
}

const nameOf = (id: string, instances: readonly Instance[]): string =>
  instances.find((instance) => instance.id === id)?.name ?? id
