import type {
  DiskError,
  DomainInfo,
  DomainRef,
  DomainState,
  InterfaceAddress,
  LifecycleEvent,
} from './domain-types.js'
import type {
  NetworkLease,
  NetworkRef,
  NodeInfo,
  PoolInfo,
  PoolRef,
  VolumeInfo,
  VolumeRef,
} from './resource-types.js'

/** What every call takes. */
export interface CallOptions {
  /** Gives the call up; the daemon may still carry it out. The call rejects with the signal's own reason. */
  readonly signal?: AbortSignal | undefined
  /** Bound in milliseconds, instead of the connection's own. */
  readonly timeoutMs?: number | undefined
}

/** One change of a network's live or stored configuration. Source: virNetworkUpdate. */
export interface NetworkUpdate {
  readonly command: 'modify' | 'delete' | 'add-last' | 'add-first'
  readonly section: 'ip-dhcp-host' | 'ip-dhcp-range' | 'dns-host'
  /** Which of several parents; -1 (default) lets libvirt find it. */
  readonly parentIndex?: number | undefined
  readonly xml: string
  /** VIR_NETWORK_UPDATE_AFFECT_*: 1 live, 2 config; default 3. */
  readonly flags?: number | undefined
}

/** An element of our own in a domain's `<metadata>`. Source: virDomainSetMetadata, type ELEMENT. */
export interface DomainMetadata {
  /** Name space prefix. */
  readonly key: string
  readonly uri: string
  /** The element; undefined removes it. */
  readonly xml: string | undefined
  /** VIR_DOMAIN_AFFECT_*: 1 live, 2 config; default 0, the current state. */
  readonly flags?: number | undefined
}

/**
 * A connection to one hypervisor: the calls that a user of virtual machines needs, named as libvirt names them, with
 * its flags as the numbers libvirt gives them. Every failure of libvirt's is a `LibvirtError`.
 *
 * Source: libvirt's remote_protocol.x and the API reference of libvirt 9.0.
 */
export interface Hypervisor {
  readonly uri: string

  /** Version as libvirt counts it: 9000000 is 9.0.0. */
  connectGetLibVersion(options?: CallOptions): Promise<number>
  /** XML: the host, with its UUID, and what kinds of guests it can run. */
  connectGetCapabilities(options?: CallOptions): Promise<string>
  connectListAllDomains(flags?: number, options?: CallOptions): Promise<readonly DomainRef[]>

  domainLookupByName(name: string, options?: CallOptions): Promise<DomainRef>
  domainLookupByUuid(uuid: string, options?: CallOptions): Promise<DomainRef>
  domainDefineXmlFlags(xml: string, flags?: number, options?: CallOptions): Promise<DomainRef>
  domainCreateXml(xml: string, flags?: number, options?: CallOptions): Promise<DomainRef>
  domainCreateWithFlags(domain: DomainRef, flags?: number, options?: CallOptions): Promise<DomainRef>
  domainShutdownFlags(domain: DomainRef, flags?: number, options?: CallOptions): Promise<void>
  domainDestroyFlags(domain: DomainRef, flags?: number, options?: CallOptions): Promise<void>
  domainUndefineFlags(domain: DomainRef, flags?: number, options?: CallOptions): Promise<void>
  domainSuspend(domain: DomainRef, options?: CallOptions): Promise<void>
  domainResume(domain: DomainRef, options?: CallOptions): Promise<void>
  domainManagedSave(domain: DomainRef, flags?: number, options?: CallOptions): Promise<void>
  domainManagedSaveRemove(domain: DomainRef, options?: CallOptions): Promise<void>
  domainGetXmlDesc(domain: DomainRef, flags?: number, options?: CallOptions): Promise<string>
  domainGetState(domain: DomainRef, options?: CallOptions): Promise<DomainState>
  domainGetInfo(domain: DomainRef, options?: CallOptions): Promise<DomainInfo>
  /** By tag name of virDomainMemoryStatTags (`unused`, `available`, `usable`, `rss`, …), in KiB but for the fault counts. */
  domainMemoryStats(domain: DomainRef, options?: CallOptions): Promise<Readonly<Record<string, bigint>>>
  /** Disks that failed since the domain was started. */
  domainGetDiskErrors(domain: DomainRef, options?: CallOptions): Promise<readonly DiskError[]>
  /** The names of its snapshots. */
  domainListAllSnapshots(domain: DomainRef, options?: CallOptions): Promise<readonly string[]>
  domainSnapshotGetXmlDesc(domain: DomainRef, snapshot: string, options?: CallOptions): Promise<string>
  domainSetMetadata(domain: DomainRef, metadata: DomainMetadata, options?: CallOptions): Promise<void>
  /** The element's XML; rejects with code 80 where there is none. */
  domainGetMetadata(domain: DomainRef, uri: string, flags?: number, options?: CallOptions): Promise<string>
  domainInterfaceAddresses(
    domain: DomainRef,
    source: 'lease' | 'agent' | 'arp',
    options?: CallOptions,
  ): Promise<readonly InterfaceAddress[]>

  networkLookupByName(name: string, options?: CallOptions): Promise<NetworkRef>
  networkIsActive(network: NetworkRef, options?: CallOptions): Promise<boolean>
  networkGetXmlDesc(network: NetworkRef, flags?: number, options?: CallOptions): Promise<string>
  networkGetDhcpLeases(
    network: NetworkRef,
    mac?: string,
    options?: CallOptions,
  ): Promise<readonly NetworkLease[]>
  networkUpdate(network: NetworkRef, update: NetworkUpdate, options?: CallOptions): Promise<void>

  storagePoolLookupByName(name: string, options?: CallOptions): Promise<PoolRef>
  storagePoolCreateXml(xml: string, flags?: number, options?: CallOptions): Promise<PoolRef>
  storagePoolDestroy(pool: PoolRef, options?: CallOptions): Promise<void>
  storagePoolRefresh(pool: PoolRef, options?: CallOptions): Promise<void>
  storagePoolGetInfo(pool: PoolRef, options?: CallOptions): Promise<PoolInfo>
  storagePoolGetXmlDesc(pool: PoolRef, flags?: number, options?: CallOptions): Promise<string>
  storagePoolListAllVolumes(pool: PoolRef, options?: CallOptions): Promise<readonly VolumeRef[]>

  storageVolCreateXml(pool: PoolRef, xml: string, flags?: number, options?: CallOptions): Promise<VolumeRef>
  storageVolLookupByName(pool: PoolRef, name: string, options?: CallOptions): Promise<VolumeRef>
  storageVolLookupByPath(path: string, options?: CallOptions): Promise<VolumeRef>
  storageVolDelete(volume: VolumeRef, flags?: number, options?: CallOptions): Promise<void>
  storageVolGetPath(volume: VolumeRef, options?: CallOptions): Promise<string>
  storageVolGetInfo(volume: VolumeRef, options?: CallOptions): Promise<VolumeInfo>
  storageVolGetXmlDesc(volume: VolumeRef, options?: CallOptions): Promise<string>
  /** Writes the bytes into the volume from its begin. For small things: a cloud-init seed. */
  storageVolUpload(volume: VolumeRef, content: Uint8Array, options?: CallOptions): Promise<void>
  /** A part of what is in the volume: as much of it as is there. For small things: the end of a log. */
  storageVolDownload(
    volume: VolumeRef,
    part: { readonly offsetBytes: bigint; readonly lengthBytes: number },
    options?: CallOptions,
  ): Promise<Uint8Array>

  nodeGetInfo(options?: CallOptions): Promise<NodeInfo>
  /** Bytes. */
  nodeGetFreeMemory(options?: CallOptions): Promise<bigint>
  /** Nanoseconds since boot over all CPUs, by name: `kernel`, `user`, `idle`, `iowait`. */
  nodeGetCpuStats(options?: CallOptions): Promise<Readonly<Record<string, bigint>>>
  /** KiB by name: `total`, `free`, `buffers`, `cached`. */
  nodeGetMemoryStats(options?: CallOptions): Promise<Readonly<Record<string, bigint>>>

  /**
   * Lifecycle events of all domains, until the signal aborts (it then ends without an error). `{ kind: 'listening' }`
   * comes once libvirt tells of everything: at the begin, and each time a lost connection is back. What happened before
   * it may have been missed: look.
   */
  lifecycleEvents(options: { readonly signal: AbortSignal }): AsyncIterable<LifecycleEvent>

  /** Ends the connection; machines run on. May be called twice. */
  close(): Promise<void>
}
