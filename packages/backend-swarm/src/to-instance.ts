import type { Address, Instance } from '@flotilla/core'
import { labels } from '@flotilla/docker-engine'
import type { SwarmSettings } from './options/settings.js'
import type { Seat } from './service/seats.js'
import { slotStatus, type TaskStatus } from './status.js'
import { isDown, type SwarmNode, type Task } from './manager/swarm-api.js'

/** An instance's id. Neither part can hold a dot. */
export function seatId(group: string, token: string): string {
  return `${group}.${token}`
}

/** The parts of an id, or undefined when no instance of this backend can have it. */
export function parseSeatId(id: string): { readonly group: string; readonly token: string } | undefined {
  const [, group, token] = /^([a-z0-9-]+)\.([a-z0-9-]+)$/.exec(id) ?? []
  return group === undefined || token === undefined ? undefined : { group, token }
}

export interface SeatSurroundings {
  readonly group: string
  readonly serviceName: string
  /** Of the service, for a seat whose task is not there yet. */
  readonly templateHash: string | undefined
  readonly settings: Pick<SwarmSettings, 'port' | 'network' | 'address'>
  /** By id. */
  readonly nodes: ReadonlyMap<string, SwarmNode>
}

/** One machine of a group as the model has it. */
export function seatInstance(seat: Seat, surroundings: SeatSurroundings): Instance {
  const { group, serviceName, nodes } = surroundings
  const { token, createdAt, slot } = seat
  const task = slot?.task
  const node = task?.NodeID === undefined ? undefined : nodes.get(task.NodeID)
  const seen = statusOf(seat)
  const { status } = seen
  const templateHash =
    task === undefined ? surroundings.templateHash : task.Spec.ContainerSpec?.Labels?.[labels.template]
  const address = task !== undefined && status === 'running' ? addressOf(task, node, surroundings) : undefined
  const isServing = task !== undefined && status === 'running'
  const isCutOff = isServing && node !== undefined && isDown(node)
  const impaired = isCutOff ? `its node ${node.Description.Hostname} is down` : undefined
  const statusReason = isServing && address === undefined ? noAddressReason(surroundings) : seen.statusReason
  return {
    id: seatId(group, token),
    group,
    token,
    name: slot === undefined ? `${serviceName} (${token})` : `${serviceName}.${slot.number}`,
    status,
    ...(statusReason === undefined ? {} : { statusReason }),
    ...(impaired === undefined ? {} : { impaired }),
    ...(address === undefined ? {} : { address }),
    createdAt,
    ...(node === undefined ? {} : { zone: node.Description.Hostname }),
    ...(templateHash === undefined ? {} : { templateHash }),
  }
}

function statusOf({ slot, isCutOff }: Seat): TaskStatus {
  if (slot !== undefined) return slotStatus(slot)
  return isCutOff
    ? { status: 'failed', statusReason: 'somebody scaled the service down' }
    : { status: 'pending', statusReason: 'Swarm has no task for it yet' }
}

function addressOf(
  { Status, NetworksAttachments }: Task,
  node: SwarmNode | undefined,
  { settings }: SeatSurroundings,
): Address | undefined {
  const { port, network, address } = settings
  if (port === undefined) return undefined
  switch (address) {
    case 'published': {
      const published = Status.PortStatus?.Ports?.find(
        ({ Protocol, TargetPort }) => Protocol === 'tcp' && TargetPort === port,
      )?.PublishedPort
      const host = node === undefined ? undefined : hostOf(node)
      return published === undefined || host === undefined ? undefined : { host, port: published }
    }
    case 'ip': {
      const attached = (NetworksAttachments ?? []).find(
        ({ Network }) => network === undefined || Network.Spec.Name === network,
      )
      const host = attached?.Addresses?.[0]?.replace(/\/\d+$/, '')
      return host === undefined ? undefined : { host, port }
    }
  }
}

/** Why a task that runs has no address, and what would give it one; undefined when none is asked for. */
function noAddressReason({ serviceName, settings }: SeatSurroundings): string | undefined {
  const { port, network, address } = settings
  if (port === undefined) return undefined
  if (address === 'published')
    return (
      `service ${serviceName} does not publish port ${port} on the nodes of its tasks: one published through the mesh is ` +
      `answered by any task; \`docker service update --publish-add mode=host,target=${port} ${serviceName}\` gives each its own`
    )
  return network === undefined
    ? `service ${serviceName} is in no network of its own`
    : `service ${serviceName} is not in network ${network}`
}

/** Where a node is reached. A manager that listens everywhere says so here, and its address apart. */
function hostOf({ Status, ManagerStatus }: SwarmNode): string | undefined {
  if (Status.Addr !== '' && Status.Addr !== '0.0.0.0') return Status.Addr
  return ManagerStatus?.Addr?.replace(/:\d+$/, '')
}
