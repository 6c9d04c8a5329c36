/** An address that a server has. */
export interface ServerAddress {
  /** Name of the network. */
  readonly network: string
  readonly address: string
  readonly version: 4 | 6
  readonly kind: 'fixed' | 'floating' | undefined
  readonly macAddress: string | undefined
}

/** Why a server is in ERROR. */
export interface ServerFault {
  readonly code: number | undefined
  /** Such as `No valid host was found. There are not enough hosts available.` */
  readonly message: string
  /** Admins only. */
  readonly details: string | undefined
  readonly createdAt: number | undefined
}

/** The flavour of a server: its id below microversion 2.47, its name and sizes from there on. */
export interface ServerFlavor {
  readonly id: string | undefined
  readonly name: string | undefined
  readonly vcpuCount: number | undefined
  readonly ramMib: number | undefined
  readonly diskGib: number | undefined
}

/** A server, in one shape whatever the microversion. Times are milliseconds since the epoch. */
export interface Server {
  readonly id: string
  readonly name: string
  /** In capitals: `ACTIVE`, `BUILD`, `ERROR`, `SHUTOFF`, `DELETED`, `SHELVED_OFFLOADED`, ... */
  readonly status: string
  /** What is being done to it: `scheduling`, `spawning`, `deleting`; undefined when nothing is. */
  readonly taskState: string | undefined
  readonly vmState: string | undefined
  /** Nova's number: 1 runs, 3 is paused, 4 is shut down. */
  readonly powerState: number | undefined
  readonly fault: ServerFault | undefined
  /** Whether it is being deleted. Nova's status stays `ACTIVE` until it is gone. */
  readonly isDeleting: boolean
  readonly createdAt: number | undefined
  readonly updatedAt: number | undefined
  readonly launchedAt: number | undefined
  readonly metadata: Readonly<Record<string, string>>
  /** Undefined below microversion 2.26, where the service says none. */
  readonly tags: readonly string[] | undefined
  readonly addresses: readonly ServerAddress[]
  readonly flavor: ServerFlavor
  /** Undefined for one that boots from a volume. */
  readonly imageId: string | undefined
  readonly availabilityZone: string | undefined
  readonly keyName: string | undefined
  /** Names. */
  readonly securityGroups: readonly string[]
  readonly serverGroupIds: readonly string[] | undefined
  readonly volumeIds: readonly string[]
  readonly hasConfigDrive: boolean
  readonly isLocked: boolean | undefined
  readonly description: string | undefined
  readonly projectId: string | undefined
  readonly userId: string | undefined
  /** Equal for servers of one project on one host; undefined without a host. */
  readonly hostId: string | undefined
  /** Admins only. */
  readonly host: string | undefined
  /** The service's own JSON. */
  readonly raw: Readonly<Record<string, unknown>>
}
