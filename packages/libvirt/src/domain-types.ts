/** How libvirt names a domain. */
export interface DomainRef {
  readonly name: string
  /** With hyphens. */
  readonly uuid: string
  /** -1 while it does not run. */
  readonly id: number
}

/** Source: virDomainState. */
export type DomainStateName =
  | 'nostate'
  | 'running'
  | 'blocked'
  | 'paused'
  | 'shutdown'
  | 'shutoff'
  | 'crashed'
  | 'pmsuspended'

/** The state of a domain, and why. Source: virDomainGetState. */
export interface DomainState {
  readonly state: DomainStateName
  /** The number of the state's own reason enumeration: `shutoff` 3 is a crash. */
  readonly reason: number
}

/** A domain's resources, and the CPU time that it used. Source: virDomainInfo. */
export interface DomainInfo {
  readonly state: DomainStateName
  readonly maxMemoryKib: bigint
  readonly memoryKib: bigint
  readonly vcpus: number
  /** CPU time used since its start, in nanoseconds, over all vCPUs. */
  readonly cpuTimeNs: bigint
}

/** Source: virDomainDiskErrorCode. */
export interface DiskError {
  /** Its name in the domain: `vda`. */
  readonly disk: string
  readonly error: 'unspecified' | 'no-space' | 'unknown'
}

/** A guest's network interface with its addresses. Source: virDomainInterfaceAddresses. */
export interface InterfaceAddress {
  readonly name: string
  readonly mac?: string | undefined
  readonly addresses: readonly {
    readonly family: 'ipv4' | 'ipv6'
    readonly address: string
    readonly prefix: number
  }[]
}

/** Source: virDomainEventType. */
export type LifecycleEventName =
  | 'defined'
  | 'undefined'
  | 'started'
  | 'suspended'
  | 'resumed'
  | 'stopped'
  | 'shutdown'
  | 'pmsuspended'
  | 'crashed'
  | 'unknown'

/** A change of a domain, or the news that all changes are told from here on. */
export type LifecycleEvent =
  | {
      readonly kind: 'lifecycle'
      readonly domain: DomainRef
      readonly event: LifecycleEventName
      /** The number of the event's own detail enumeration: `stopped` 5 is a failure of QEMU. */
      readonly detail: number
    }
  /** Everything is told from here on; what happened before may have been missed. */
  | { readonly kind: 'listening' }
