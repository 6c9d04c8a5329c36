import { FlotillaError, type Instance } from '@flotilla/core'
import { labels } from '@flotilla/docker-engine'
import { type SwarmContext, serviceName } from './context.js'
import { rolledBackTemplate, type RolledBack } from './service/rollout.js'
import { seatsOf, type Seat } from './service/seats.js'
import { readOwner, serviceLabels } from './labels.js'
import { slotsOf } from './service/slots.js'
import { standingProblems } from './service/standing-problems.js'
import { seatInstance } from './to-instance.js'
import type { Service, Task } from './manager/swarm-api.js'

/** One group as Swarm has it. */
export interface GroupView {
  readonly service: Service
  readonly tasks: readonly Task[]
  readonly seats: readonly Seat[]
}

/**
 * Undefined when there is no service of ours for it.
 *
 * @throws FlotillaError `not-found`, `unsupported` for a service to adopt that is not there, or has no size; `conflict` when
 * the group's own has lost its labels
 */
export async function viewGroup(
  context: SwarmContext,
  group: string,
  signal: AbortSignal,
): Promise<GroupView | undefined> {
  const { manager, settings, serviceIds } = context
  const { services, tasks } = await manager.view.get(signal)
  const labelled = services.find((service) => isOurs(context, group, service))
  if (labelled !== undefined) return seatView(context, group, labelled, tasks.get(labelled.ID) ?? [])
  const { adopt } = settings
  const knownId = serviceIds.get(group)
  // One that we made has no group without its labels.
  if (adopt === undefined && knownId === undefined) return undefined
  const name = serviceName(context, group)
  const what = `list group ${group}: look at service ${name}`
  const found = await manager.inspect(name, { what, signal })
  if (adopt === undefined) {
    if (found?.ID === knownId && found !== undefined && readOwner(found.Spec).group === undefined)
      throw new FlotillaError('conflict', `${what}: ${lostLabels(group, name)}`)
    serviceIds.delete(group)
    context.problems.delete(group)
    return undefined
  }
  if (found === undefined) throw new FlotillaError('not-found', `${what}: there is no such service to adopt`)
  if (!isOurs(context, group, found)) return undefined
  // Until something is asked of it, a service that shall be adopted has no label.
  return seatView(context, group, found, await manager.tasksOf([found.ID], { what, signal }))
}

const lostLabels = (group: string, name: string): string =>
  `its labels are gone: \`docker service rollback\`, a deploy or somebody took them off. It is left alone. ` +
  `\`docker service update --label-add ${labels.group}=${group} --label-add ${serviceLabels.made}=1 ${name}\` (and ` +
  `\`${labels.scope}\`, if the backend has a scope) gives it back; \`docker service rm ${name}\` ends it`

/** Whether a service is this group's: by its labels, or because it is to be adopted and nobody else's. */
export function isOurs(context: SwarmContext, group: string, { Spec }: Service): boolean {
  const owner = readOwner(Spec)
  if (Spec.Name !== serviceName(context, group)) return false
  if (owner.group === undefined) return context.settings.adopt !== undefined
  return owner.group === group && owner.scope === context.settings.scope
}

/** Whose a service is, in words. */
export function holderOf({ Spec }: Service): string {
  const { group, scope } = readOwner(Spec)
  if (group === undefined) return `service ${Spec.Name} is there and has no label of a group`
  const scoped = scope === undefined ? 'without a scope' : `of scope ${scope}`
  return `service ${Spec.Name} is group ${group}'s, ${scoped}`
}

/** Remembers that Swarm has taken our template back, for as long as that is our template. */
export function noticeRollback(
  { rolledBack, broughtIn, templateHash }: SwarmContext,
  service: Service,
  tasks: readonly Task[],
): RolledBack | undefined {
  const seen = rolledBackTemplate(service, tasks, { templateHash, broughtIn: broughtIn.get(service.ID) })
  if (seen !== undefined) rolledBack.set(service.ID, seen)
  const known = rolledBack.get(service.ID)
  if (known !== undefined) return known
  const labelled = service.Spec.Labels?.[serviceLabels.rolledBack]
  if (labelled === undefined || labelled !== templateHash) return undefined
  return { templateHash: labelled, reason: 'Swarm took it back before this controller started' }
}

function seatView(context: SwarmContext, group: string, service: Service, tasks: readonly Task[]): GroupView {
  const { seated, serviceIds, problems } = context
  const { Spec } = service
  if (Spec.Mode?.Replicated === undefined) {
    const message = `service ${Spec.Name} is not replicated, so that it has no size to be set`
    throw new FlotillaError('unsupported', `list group ${group}: ${message}`)
  }
  const all = seatsOf(Spec, slotsOf(tasks, Spec), seated.get(group) ?? new Map())
  // There is no place for these, and Swarm makes none.
  const seats = all.filter(({ isCutOff }) => !isCutOff)
  const taken = seats.flatMap(({ token, slot }) =>
    slot === undefined ? [] : [[token, slot.number] as const],
  )
  seated.set(group, new Map(taken))
  serviceIds.set(group, service.ID)
  const rolledBack = noticeRollback(context, service, tasks)
  problems.set(group, standingProblems({ service, seats, cutCount: all.length - seats.length, rolledBack }))
  return { service, tasks, seats }
}

/** The instances of a group, from one view of the swarm. */
export async function listSeats(
  context: SwarmContext,
  group: string,
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const view = await viewGroup(context, group, signal)
  if (view === undefined || view.seats.length === 0) return []
  const { manager, settings } = context
  const { Spec } = view.service
  const surroundings = {
    group,
    serviceName: Spec.Name,
    templateHash: readOwner(Spec).templateHash,
    settings,
    nodes: await manager.nodes.get(signal),
  }
  return view.seats.map((seat) => seatInstance(seat, surroundings))
}
