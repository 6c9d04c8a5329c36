import type { SwarmContext } from './context.js'
import { serviceName } from './context.js'
import { seatsOf, type Seat } from './seats.js'
import { readOwner } from './service-labels.js'
import { slotsOf } from './slots.js'
import type { Service, Task } from './swarm-api.js'

/** One group as Swarm has it. */
export interface GroupView {
  readonly service: Service
  readonly tasks: readonly Task[]
  readonly seats: readonly Seat[]
}

/** Undefined when there is no service of ours for it. */
export async function viewGroup(
  context: SwarmContext,
  group: string,
  signal: AbortSignal,
): Promise<GroupView | undefined> {
  const { manager } = context
  const { services, tasks } = await manager.view.get(signal)
  const labelled = services.find((service) => isOurs(context, group, service))
  if (labelled !== undefined) return seat(context, group, labelled, tasks.get(labelled.ID) ?? [])
  const { adopt } = context.settings
  if (adopt === undefined) return undefined
  // Until something is asked of it, a service that shall be adopted has no label.
  const what = `list group ${group}: look at service ${adopt}`
  const found = await manager.inspect(adopt, { what, signal })
  if (found === undefined || !isOurs(context, group, found)) return undefined
  return seat(context, group, found, await manager.tasksOf([found.ID], { what, signal }))
}

/** Whether a service is this group's: by its labels, or because it is to be adopted and nobody else's. */
export function isOurs(context: SwarmContext, group: string, { Spec }: Service): boolean {
  const owner = readOwner(Spec)
  if (Spec.Name !== serviceName(context, group)) return false
  if (owner.group === undefined) return context.settings.adopt !== undefined
  return owner.group === group && owner.scope === context.settings.scope
}

function seat({ seated }: SwarmContext, group: string, service: Service, tasks: readonly Task[]): GroupView {
  const seats = seatsOf(service.Spec, slotsOf(tasks, service.Spec), seated.get(group) ?? new Map())
  const taken = seats.flatMap(({ token, slot }) =>
    slot === undefined ? [] : [[token, slot.number] as const],
  )
  seated.set(group, new Map(taken))
  return { service, tasks, seats }
}
