/** How libvirt names a virtual network. */
export interface NetworkRef {
  readonly name: string
  readonly uuid: string
}

/** Source: virNetworkDHCPLease. */
export interface NetworkLease {
  readonly interface: string
  /** Seconds since the epoch. */
  readonly expiryTime: bigint
  readonly family: 'ipv4' | 'ipv6'
  readonly mac?: string | undefined
  readonly address: string
  readonly prefix: number
  readonly hostname?: string | undefined
  readonly clientId?: string | undefined
}

/** How libvirt names a storage pool. */
export interface PoolRef {
  readonly name: string
  readonly uuid: string
}

/** Bytes. */
export interface PoolInfo {
  readonly state: 'inactive' | 'building' | 'running' | 'degraded' | 'inaccessible'
  readonly capacityBytes: bigint
  readonly allocationBytes: bigint
  readonly availableBytes: bigint
}

/** How libvirt names a storage volume. */
export interface VolumeRef {
  readonly pool: string
  readonly name: string
  readonly key: string
}

/** The kind and the size of a volume. Source: virStorageVolInfo. */
export interface VolumeInfo {
  readonly type: 'file' | 'block' | 'dir' | 'network' | 'netdir' | 'ploop' | 'unknown'
  readonly capacityBytes: bigint
  readonly allocationBytes: bigint
}

/** The hardware of the host. Source: virNodeInfo. */
export interface NodeInfo {
  readonly model: string
  readonly memoryKib: bigint
  readonly cpus: number
  readonly mhz: number
  readonly nodes: number
  readonly sockets: number
  readonly cores: number
  readonly threads: number
}
