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

/** Options of every call. */
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
  /** Every domain, running or not. Source: virConnectListAllDomains. */
  connectListAllDomains(flags?: number, options?: CallOptions): Promise<readonly DomainRef[]>

  /** Rejects with code 42 where there is none. Source: virDomainLookupByName. */
  domainLookupByName(name: string, options?: CallOptions): Promise<DomainRef>
  /** Rejects with code 42 where there is none. Source: virDomainLookupByUUIDString. */
  domainLookupByUuid(uuid: string, options?: CallOptions): Promise<DomainRef>
  /** Stores a domain, without starting it. Source: virDomainDefineXMLFlags. */
  domainDefineXmlFlags(xml: string, flags?: number, options?: CallOptions): Promise<DomainRef>
  /** Starts a domain that is not stored. Source: virDomainCreateXML. */
  domainCreateXml(xml: string, flags?: number, options?: CallOptions): Promise<DomainRef>
  /** Starts a stored domain. Source: virDomainCreateWithFlags. */
  domainCreateWithFlags(domain: DomainRef, flags?: number, options?: CallOptions): Promise<DomainRef>
  /** Asks the guest to shut down, and does not wait. Source: virDomainShutdownFlags. */
  domainShutdownFlags(domain: DomainRef, flags?: number, options?: CallOptions): Promise<void>
  /** Powers it off at once. Source: virDomainDestroyFlags. */
  domainDestroyFlags(domain: DomainRef, flags?: number, options?: CallOptions): Promise<void>
  /** Removes the stored domain. Source: virDomainUndefineFlags. */
  domainUndefineFlags(domain: DomainRef, flags?: number, options?: CallOptions): Promise<void>
  /** Freezes it, with its memory kept. Source: virDomainSuspend. */
  domainSuspend(domain: DomainRef, options?: CallOptions): Promise<void>
  /** Lets a frozen one go on. Source: virDomainResume. */
  domainResume(domain: DomainRef, options?: CallOptions): Promise<void>
  /**
   * Writes its memory to a file and powers it off; its next start goes on from there. Source: virDomainManagedSave.
   */
  domainManagedSave(domain: DomainRef, flags?: number, options?: CallOptions): Promise<void>
  /** Removes the file of `domainManagedSave`. Source: virDomainManagedSaveRemove. */
  domainManagedSaveRemove(domain: DomainRef, options?: CallOptions): Promise<void>
  /** Its XML. Source: virDomainGetXMLDesc. */
  domainGetXmlDesc(domain: DomainRef, flags?: number, options?: CallOptions): Promise<string>
  /** Source: virDomainGetState. */
  domainGetState(domain: DomainRef, options?: CallOptions): Promise<DomainState>
  /** Source: virDomainGetInfo. */
  domainGetInfo(domain: DomainRef, options?: CallOptions): Promise<DomainInfo>
  /** By tag name of virDomainMemoryStatTags (`unused`, `available`, `usable`, `rss`, …), in KiB but for the fault counts. */
  domainMemoryStats(domain: DomainRef, options?: CallOptions): Promise<Readonly<Record<string, bigint>>>
  /** Disks that failed since the domain was started. */
  domainGetDiskErrors(domain: DomainRef, options?: CallOptions): Promise<readonly DiskError[]>
  /** The names of its snapshots. */
  domainListAllSnapshots(domain: DomainRef, options?: CallOptions): Promise<readonly string[]>
  /** A snapshot's XML. Source: virDomainSnapshotGetXMLDesc. */
  domainSnapshotGetXmlDesc(domain: DomainRef, snapshot: string, options?: CallOptions): Promise<string>
  /** Sets or removes an element of our own. Source: virDomainSetMetadata. */
  domainSetMetadata(domain: DomainRef, metadata: DomainMetadata, options?: CallOptions): Promise<void>
  /** The element's XML; rejects with code 80 where there is none. */
  domainGetMetadata(domain: DomainRef, uri: string, flags?: number, options?: CallOptions): Promise<string>
  /**
   * Addresses of the guest, as its lease, its agent or the ARP table of the host has them. Source:
   * virDomainInterfaceAddresses.
   */
  domainInterfaceAddresses(
    domain: DomainRef,
    source: 'lease' | 'agent' | 'arp',
    options?: CallOptions,
  ): Promise<readonly InterfaceAddress[]>

  /** Rejects with code 43 where there is none. Source: virNetworkLookupByName. */
  networkLookupByName(name: string, options?: CallOptions): Promise<NetworkRef>
  /** Source: virNetworkIsActive. */
  networkIsActive(network: NetworkRef, options?: CallOptions): Promise<boolean>
  /** Its XML. Source: virNetworkGetXMLDesc. */
  networkGetXmlDesc(network: NetworkRef, flags?: number, options?: CallOptions): Promise<string>
  /** Leases that its DHCP server gave, of one MAC address or of all. Source: virNetworkGetDHCPLeases. */
  networkGetDhcpLeases(
    network: NetworkRef,
    mac?: string,
    options?: CallOptions,
  ): Promise<readonly NetworkLease[]>
  /** Changes a part of it, live or stored. Source: virNetworkUpdate. */
  networkUpdate(network: NetworkRef, update: NetworkUpdate, options?: CallOptions): Promise<void>

  /** Rejects with code 49 where there is none. Source: virStoragePoolLookupByName. */
  storagePoolLookupByName(name: string, options?: CallOptions): Promise<PoolRef>
  /** Makes a pool that is not stored. Source: virStoragePoolCreateXML. */
  storagePoolCreateXml(xml: string, flags?: number, options?: CallOptions): Promise<PoolRef>
  /** Ends a pool, and keeps what is in it. Source: virStoragePoolDestroy. */
  storagePoolDestroy(pool: PoolRef, options?: CallOptions): Promise<void>
  /** Looks anew at what is in it. Source: virStoragePoolRefresh. */
  storagePoolRefresh(pool: PoolRef, options?: CallOptions): Promise<void>
  /** Source: virStoragePoolGetInfo. */
  storagePoolGetInfo(pool: PoolRef, options?: CallOptions): Promise<PoolInfo>
  /** Its XML. Source: virStoragePoolGetXMLDesc. */
  storagePoolGetXmlDesc(pool: PoolRef, flags?: number, options?: CallOptions): Promise<string>
  /** Source: virStoragePoolListAllVolumes. */
  storagePoolListAllVolumes(pool: PoolRef, options?: CallOptions): Promise<readonly VolumeRef[]>

  /** Makes a volume. Source: virStorageVolCreateXML. */
  storageVolCreateXml(pool: PoolRef, xml: string, flags?: number, options?: CallOptions): Promise<VolumeRef>
  /** Rejects with code 50 where there is none. Source: virStorageVolLookupByName. */
  storageVolLookupByName(pool: PoolRef, name: string, options?: CallOptions): Promise<VolumeRef>
  /** Rejects with code 50 where no pool has it. Source: virStorageVolLookupByPath. */
  storageVolLookupByPath(path: string, options?: CallOptions): Promise<VolumeRef>
  /** Removes it with what is in it. Source: virStorageVolDelete. */
  storageVolDelete(volume: VolumeRef, flags?: number, options?: CallOptions): Promise<void>
  /** Its path on the host. Source: virStorageVolGetPath. */
  storageVolGetPath(volume: VolumeRef, options?: CallOptions): Promise<string>
  /** Source: virStorageVolGetInfo. */
  storageVolGetInfo(volume: VolumeRef, options?: CallOptions): Promise<VolumeInfo>
  /** Its XML. Source: virStorageVolGetXMLDesc. */
  storageVolGetXmlDesc(volume: VolumeRef, options?: CallOptions): Promise<string>
  /** Writes the bytes into the volume from its begin. For small things: a cloud-init seed. */
  storageVolUpload(volume: VolumeRef, content: Uint8Array, options?: CallOptions): Promise<void>
  /** A part of what is in the volume: as much of it as is there. For small things: the end of a log. */
  storageVolDownload(
    volume: VolumeRef,
    part: { readonly offsetBytes: bigint; readonly lengthBytes: number },
    options?: CallOptions,
  ): Promise<Uint8Array>

  /** Source: virNodeGetInfo. */
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
