import type { CallOptions } from '@flotilla/core'
import type { RegistryAuth } from '@flotilla/docker-engine'

/**
 * The calls this package makes of a manager of a Docker Swarm. What they give is named as the Engine API names it, cut
 * down to what is read. They reject with whatever the client throws; names and ids are the caller's to check.
 */
export interface SwarmApi {
  /** Every service that has this label. */
  listServices(label: string, call: CallOptions): Promise<readonly Service[]>
  /** By id or by name, else by the beginning of an id: look at what comes back. */
  inspectService(idOrName: string, call: CallOptions): Promise<Service>
  /** @returns the new service's id */
  createService(request: CreateRequest, call: CallOptions): Promise<string>
  /** Refused with "update out of sequence" when the service has changed since that version. */
  updateService(request: UpdateRequest, call: CallOptions): Promise<void>
  removeService(id: string, call: CallOptions): Promise<void>
  /** The tasks of these services, those that have ended too as long as Swarm remembers them. */
  listTasks(serviceIds: readonly string[], call: CallOptions): Promise<readonly Task[]>
  listNodes(call: CallOptions): Promise<readonly SwarmNode[]>
  /** The last lines that a task's container wrote, in frames, from whatever node it is on. */
  taskLogs(id: string, lines: number, call: CallOptions): Promise<Buffer>
}

export interface CreateRequest {
  readonly spec: ServiceSpec
  /** For the nodes, which fetch the image each for itself. */
  readonly auth?: RegistryAuth | undefined
}

export interface UpdateRequest extends CreateRequest {
  readonly id: string
  readonly version: number
}

export interface Service {
  readonly ID: string
  readonly Version: { readonly Index: number }
  /** RFC 3339. */
  readonly CreatedAt: string
  readonly Spec: ServiceSpec
  /** Of the last change that made other tasks: `updating`, `paused`, `completed`, `rollback_started`, `rollback_paused`, `rollback_completed`. Absent once it was only scaled. */
  readonly UpdateStatus?: { readonly State?: string; readonly Message?: string } | undefined
}

/** What the service should be. Fields that are not named here are kept as they are found. */
export interface ServiceSpec {
  readonly Name: string
  readonly Labels?: Readonly<Record<string, string>> | undefined
  /** Without `Replicated` it runs once on every node, or once at all. */
  readonly Mode?: { readonly Replicated?: { readonly Replicas?: number } | undefined } | undefined
  readonly TaskTemplate?: Readonly<Record<string, unknown>> | undefined
  readonly [field: string]: unknown
}

export interface Task {
  readonly ID: string
  /** RFC 3339. */
  readonly CreatedAt: string
  readonly ServiceID: string
  /** From 1; the tasks that follow each other in one place share it. */
  readonly Slot?: number | undefined
  readonly NodeID?: string | undefined
  readonly DesiredState: string
  readonly Status: {
    readonly State: string
    readonly Err?: string | undefined
    readonly ContainerStatus?: { readonly ContainerID?: string; readonly ExitCode?: number } | undefined
    readonly PortStatus?: { readonly Ports?: readonly TaskPort[] | null } | undefined
  }
  readonly Spec: {
    readonly ContainerSpec?: { readonly Labels?: Readonly<Record<string, string>> | null } | undefined
  }
  readonly NetworksAttachments?:
    | readonly {
        readonly Network: { readonly Spec: { readonly Name: string } }
        /** With the length of the prefix: `10.0.1.3/24`. */
        readonly Addresses?: readonly string[] | null
      }[]
    | null
}

export interface TaskPort {
  readonly Protocol: string
  readonly TargetPort: number
  readonly PublishedPort?: number | undefined
  readonly PublishMode: string
}

export interface SwarmNode {
  readonly ID: string
  readonly Description: { readonly Hostname: string }
  readonly Status: { readonly Addr: string; readonly State?: string | undefined }
  /** Of managers: `10.77.0.1:2377`. */
  readonly ManagerStatus?: { readonly Addr?: string } | undefined
}

export const isDown = ({ Status }: SwarmNode): boolean => Status.State === 'down'
