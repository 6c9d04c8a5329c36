import { createHash, randomUUID } from 'node:crypto'
import { systemClock, type Clock } from '@flotilla/core'
import type {
  CallOptions,
  DiskError,
  DomainInfo,
  DomainMetadata,
  DomainRef,
  DomainState,
  Hypervisor,
  InterfaceAddress,
  LifecycleEvent,
  LifecycleEventName,
  NetworkLease,
  NetworkRef,
  NetworkUpdate,
  NodeInfo,
  PoolInfo,
  PoolRef,
  VolumeInfo,
  VolumeRef,
} from '@flotilla/libvirt'
import { xmlText, XmlWriter } from '../../src/xml/xml.js'
import { FakeCalls, type CallFault } from './fake-calls.js'
import { FakeDomain } from './fake-domain.js'
import { libvirtError, noDomain, noVolume } from './fake-errors.js'
import { FakeEvents } from './fake-events.js'
import { FakeNetwork } from './fake-network.js'
import { FakePool, type FakeVolume } from './fake-storage.js'

export type HypervisorCall = Exclude<keyof Hypervisor, 'uri' | 'close' | 'lifecycleEvents'>

export interface FakeHypervisorOptions {
  readonly uri?: string | undefined
  readonly clock?: Clock | undefined
  /** Waited for at the begin and the end of each call; by default nothing but a promise. */
  readonly pause?: (() => Promise<void>) | undefined
}

export const goldenBytes = 64n * 2n ** 20n

/** A libvirtd in memory that answers, and fails, in the words of libvirt 9.0. */
export class FakeHypervisor implements Hypervisor {
  readonly uri: string
  /** Of the machine it runs on. */
  hostUuid: string
  readonly domains = new Map<string, FakeDomain>()
  readonly pools = new Map<string, FakePool>()
  readonly networks = new Map<string, FakeNetwork>()
  readonly events = new FakeEvents()
  /** UUIDs that refuse to be destroyed. */
  readonly stubborn = new Set<string>()
  node: NodeInfo = {
    model: 'x86_64',
    memoryKib: 8n * 1024n * 1024n,
    cpus: 4,
    mhz: 2000,
    nodes: 1,
    sockets: 1,
    cores: 4,
    threads: 1,
  }
  /** KiB. */
  freeKib = 6n * 1024n * 1024n
  cpuStats: Record<string, bigint> = { kernel: 10n, user: 10n, idle: 80n, iowait: 0n }
  readonly #clock: Clock
  readonly calls: FakeCalls<HypervisorCall>
  #lastId = 0

  constructor({ uri = 'qemu+ssh://one/system', clock = systemClock, pause }: FakeHypervisorOptions = {}) {
    this.uri = uri
    this.hostUuid = uuidOf(uri)
    this.#clock = clock
    this.calls = new FakeCalls(pause ?? (async () => {}))
    const pool = new FakePool('default', '/pool')
    pool.volumes.set('golden.qcow2', {
      format: 'qcow2',
      capacityBytes: goldenBytes,
      backing: undefined,
      content: undefined,
    })
    this.pools.set('default', pool)
    this.networks.set('default', new FakeNetwork('default', clock))
  }

  get pool(): FakePool {
    return this.pools.get('default') as FakePool
  }

  get network(): FakeNetwork {
    return this.networks.get('default') as FakeNetwork
  }

  arm(call: HypervisorCall, fault: CallFault): void {
    this.calls.arm(call, fault)
  }

  count(call: HypervisorCall): number {
    return this.calls.made.filter((made) => made === call).length
  }

  get(uuid: string): FakeDomain {
    const found = this.domains.get(uuid)
    if (found === undefined) throw noDomain(uuid)
    return found
  }

  /** The daemon goes away; QEMU processes run on. */
  goDown(): void {
    this.calls.isDown = true
    this.events.goDown()
  }

  comeBack(): void {
    this.calls.isDown = false
    this.events.comeBack()
  }

  /** A domain that somebody else made and started. */
  addForeign(name: string, disk = '/elsewhere/own.qcow2'): string {
    const writer = new XmlWriter()
    const uuid = randomUUID()
    const xml = xmlText(
      writer.element('domain', {
        children: [
          writer.element('name', { text: name }),
          writer.element('uuid', { text: uuid }),
          writer.element('devices', {
            children: [
              writer.element('disk', {
                children: [writer.element('source', { attributes: { file: disk } })],
              }),
            ],
          }),
        ],
      }),
    )
    const domain = new FakeDomain(xml, this.#clock)
    this.domains.set(uuid, domain)
    domain.start(this.#nextId())
    return uuid
  }

  /** A domain that somebody else made by `virsh create`. */
  addTransient(name: string): string {
    const uuid = this.addForeign(name)
    this.get(uuid).isTransient = true
    return uuid
  }

  /** QEMU dies. */
  crash(uuid: string): void {
    const domain = this.get(uuid)
    domain.stop(3)
    this.#tell(domain, 'stopped', 5)
  }

  panic(uuid: string): void {
    const domain = this.get(uuid)
    this.#tell(domain, 'crashed', 0)
    domain.stop(3)
    this.#tell(domain, 'stopped', 2)
  }

  powerOff(uuid: string): void {
    this.beginPowerOff(uuid)
    const domain = this.get(uuid)
    domain.stop(1)
    if (domain.isTransient) this.domains.delete(uuid)
    this.#tell(domain, 'stopped', 0)
  }

  /** The guest is off, and QEMU is not gone yet. */
  beginPowerOff(uuid: string): void {
    const domain = this.get(uuid)
    domain.state = { state: 'shutdown', reason: 0 }
    this.#tell(domain, 'shutdown', 1)
  }

  /** Somebody ends QEMU by SIGTERM. */
  quit(uuid: string): void {
    const domain = this.get(uuid)
    domain.state = { state: 'shutdown', reason: 0 }
    this.#tell(domain, 'shutdown', 2)
    domain.stop(1)
    this.#tell(domain, 'stopped', 0)
  }

  /** libvirtd is started anew: it no longer knows why what is shut off is so. */
  forgetReasons(): void {
    for (const domain of this.domains.values()) {
      if (!domain.isActive) domain.state = { state: 'shutoff', reason: 0 }
    }
  }

  #tell(domain: FakeDomain, event: LifecycleEventName, detail: number): void {
    this.events.tell({ kind: 'lifecycle', domain: domain.ref, event, detail })
  }

  #nextId(): number {
    this.#lastId += 1
    return this.#lastId
  }

  #byName(name: string): FakeDomain | undefined {
    return [...this.domains.values()].find((domain) => domain.name === name)
  }

  #volumeAt(path: string): { pool: FakePool; name: string; volume: FakeVolume } | undefined {
    for (const pool of this.pools.values()) {
      const volume = pool.byPath(path)
      if (volume !== undefined) return { pool, name: path.slice(pool.directory.length + 1), volume }
    }
    return undefined
  }

  async connectGetLibVersion(options?: CallOptions): Promise<number> {
    return this.calls.do('connectGetLibVersion', options, () => 9_000_000)
  }

  async connectGetCapabilities(options?: CallOptions): Promise<string> {
    return this.calls.do('connectGetCapabilities', options, () => {
      const writer = new XmlWriter()
      const host = writer.element('host', { children: [writer.element('uuid', { text: this.hostUuid })] })
      return xmlText(writer.element('capabilities', { children: [host] }))
    })
  }

  async connectListAllDomains(flags = 0, options?: CallOptions): Promise<readonly DomainRef[]> {
    return this.calls.do('connectListAllDomains', options, () =>
      [...this.domains.values()].filter(({ isActive }) => flags !== 1 || isActive).map(({ ref }) => ref),
    )
  }

  async domainLookupByName(name: string, options?: CallOptions): Promise<DomainRef> {
    return this.calls.do('domainLookupByName', options, () => {
      const found = this.#byName(name)
      if (found === undefined) {
        throw libvirtError(42, 10, `Domain not found: no domain with matching name '${name}'`)
      }
      return found.ref
    })
  }

  async domainLookupByUuid(uuid: string, options?: CallOptions): Promise<DomainRef> {
    return this.calls.do('domainLookupByUuid', options, () => this.get(uuid).ref)
  }

  async domainDefineXmlFlags(xml: string, _flags?: number, options?: CallOptions): Promise<DomainRef> {
    return this.calls.do('domainDefineXmlFlags', options, () => {
      const domain = new FakeDomain(xml, this.#clock)
      const holder = this.#byName(domain.name)
      if (holder !== undefined) {
        throw libvirtError(
          9,
          20,
          `operation failed: domain '${domain.name}' already exists with uuid ${holder.uuid}`,
        )
      }
      this.domains.set(domain.uuid, domain)
      this.#tell(domain, 'defined', 0)
      return domain.ref
    })
  }

  async domainCreateXml(): Promise<DomainRef> {
    throw libvirtError(3, 0, 'the fake makes no transient domains')
  }

  async domainCreateWithFlags(ref: DomainRef, _flags?: number, options?: CallOptions): Promise<DomainRef> {
    return this.calls.do('domainCreateWithFlags', options, () => {
      const domain = this.get(ref.uuid)
      if (domain.isActive) {
        throw libvirtError(55, 10, 'Requested operation is not valid: domain is already running')
      }
      for (const path of domain.disks) this.#needFile(path)
      for (const { network } of domain.cards) {
        if (network !== undefined && this.networks.get(network)?.isActive !== true) {
          throw libvirtError(55, 19, `Requested operation is not valid: network '${network}' is not active`)
        }
      }
      domain.start(this.#nextId())
      for (const { mac, network } of domain.cards) {
        if (network !== undefined) this.networks.get(network)?.lease(mac)
      }
      this.#tell(domain, 'started', 0)
      return domain.ref
    })
  }

  #needFile(path: string): void {
    const found = this.#volumeAt(path)
    if (found === undefined) {
      throw libvirtError(
        38,
        18,
        `Cannot access storage file '${path}' (as uid:64055, gid:64055): No such file or directory`,
      )
    }
    const { backing } = found.volume
    if (backing !== undefined && this.#volumeAt(backing) === undefined) {
      throw libvirtError(
        38,
        18,
        `Cannot access backing file '${backing}' of storage file '${path}' (as uid:64055, gid:64055): No such file or directory`,
      )
    }
  }

  async domainShutdownFlags(ref: DomainRef, _flags?: number, options?: CallOptions): Promise<void> {
    return this.calls.do('domainShutdownFlags', options, () => {
      const domain = this.get(ref.uuid)
      if (!domain.isActive)
        throw libvirtError(55, 10, 'Requested operation is not valid: domain is not running')
      if (!domain.isDeaf && !this.stubborn.has(ref.uuid)) this.powerOff(ref.uuid)
    })
  }

  async domainDestroyFlags(ref: DomainRef, _flags?: number, options?: CallOptions): Promise<void> {
    return this.calls.do('domainDestroyFlags', options, () => {
      const domain = this.get(ref.uuid)
      if (this.stubborn.has(ref.uuid)) {
        throw libvirtError(38, 0, 'Failed to terminate process 123 with SIGKILL: Device or resource busy')
      }
      if (!domain.isActive)
        throw libvirtError(55, 20, 'Requested operation is not valid: domain is not running')
      domain.stop(2)
      if (domain.isTransient) this.domains.delete(ref.uuid)
      this.#tell(domain, 'stopped', 1)
    })
  }

  async domainUndefineFlags(ref: DomainRef, flags = 0, options?: CallOptions): Promise<void> {
    return this.calls.do('domainUndefineFlags', options, () => {
      const domain = this.get(ref.uuid)
      if (domain.saved !== undefined && flags % 2 === 0) {
        throw libvirtError(55, 10, 'Refusing to undefine while domain managed save image exists')
      }
      if (domain.snapshots.size > 0 && (flags & 2) === 0) {
        const count = domain.snapshots.size
        throw libvirtError(
          55,
          20,
          `Requested operation is not valid: cannot delete inactive domain with ${count} snapshots`,
        )
      }
      if (domain.hasCheckpoint && (flags & 16) === 0) {
        throw libvirtError(
          55,
          20,
          'Requested operation is not valid: cannot delete inactive domain with 1 checkpoints',
        )
      }
      if (domain.isTransient) {
        throw libvirtError(55, 20, 'Requested operation is not valid: cannot undefine transient domain')
      }
      this.domains.delete(ref.uuid)
      this.#tell(domain, 'undefined', 0)
    })
  }

  async domainSuspend(ref: DomainRef, options?: CallOptions): Promise<void> {
    return this.calls.do('domainSuspend', options, () => {
      const domain = this.get(ref.uuid)
      if (!domain.isActive)
        throw libvirtError(55, 10, 'Requested operation is not valid: domain is not running')
      domain.state = { state: 'paused', reason: 1 }
      this.#tell(domain, 'suspended', 0)
    })
  }

  async domainResume(ref: DomainRef, options?: CallOptions): Promise<void> {
    return this.calls.do('domainResume', options, () => {
      const domain = this.get(ref.uuid)
      if (!domain.isActive)
        throw libvirtError(55, 10, 'Requested operation is not valid: domain is not running')
      domain.state = { state: 'running', reason: 5 }
      this.#tell(domain, 'resumed', 0)
    })
  }

  async domainManagedSave(ref: DomainRef, _flags?: number, options?: CallOptions): Promise<void> {
    return this.calls.do('domainManagedSave', options, () => {
      const domain = this.get(ref.uuid)
      domain.saved = domain.live ?? ''
      domain.stop(5)
      this.#tell(domain, 'stopped', 4)
    })
  }

  async domainManagedSaveRemove(ref: DomainRef, options?: CallOptions): Promise<void> {
    return this.calls.do('domainManagedSaveRemove', options, () => {
      this.get(ref.uuid).saved = undefined
    })
  }

  async domainGetXmlDesc(ref: DomainRef, flags = 0, options?: CallOptions): Promise<string> {
    return this.calls.do('domainGetXmlDesc', options, () => {
      const { xml, liveXml } = this.get(ref.uuid)
      return flags === 2 ? xml : (liveXml ?? xml)
    })
  }

  async domainGetDiskErrors(ref: DomainRef, options?: CallOptions): Promise<readonly DiskError[]> {
    return this.calls.do('domainGetDiskErrors', options, () => this.get(ref.uuid).diskErrors)
  }

  async domainListAllSnapshots(ref: DomainRef, options?: CallOptions): Promise<readonly string[]> {
    return this.calls.do('domainListAllSnapshots', options, () => [...this.get(ref.uuid).snapshots.keys()])
  }

  async domainSnapshotGetXmlDesc(ref: DomainRef, snapshot: string, options?: CallOptions): Promise<string> {
    return this.calls.do('domainSnapshotGetXmlDesc', options, () => {
      const found = this.get(ref.uuid).snapshots.get(snapshot)
      if (found === undefined) throw libvirtError(72, 20, `Domain snapshot not found: '${snapshot}'`)
      return found
    })
  }

  async domainGetState(ref: DomainRef, options?: CallOptions): Promise<DomainState> {
    return this.calls.do('domainGetState', options, () => this.get(ref.uuid).state)
  }

  async domainGetInfo(ref: DomainRef, options?: CallOptions): Promise<DomainInfo> {
    return this.calls.do('domainGetInfo', options, () => {
      const domain = this.get(ref.uuid)
      return {
        state: domain.state.state,
        maxMemoryKib: domain.memoryKib,
        memoryKib: domain.memoryKib,
        vcpus: domain.vcpus,
        cpuTimeNs: domain.cpuTimeNs,
      }
    })
  }

  async domainMemoryStats(ref: DomainRef, options?: CallOptions): Promise<Readonly<Record<string, bigint>>> {
    return this.calls.do('domainMemoryStats', options, () => {
      const { memoryKib, memoryBytes } = this.get(ref.uuid)
      const used = BigInt(Math.round(memoryBytes / 1024))
      return { available: memoryKib, usable: memoryKib - used, rss: memoryKib + 50_000n }
    })
  }

  async domainSetMetadata(ref: DomainRef, given: DomainMetadata, options?: CallOptions): Promise<void> {
    return this.calls.do('domainSetMetadata', options, () => {
      const domain = this.get(ref.uuid)
      const { flags = 0, xml } = given
      if (flags % 2 === 1 && !domain.isActive) {
        throw libvirtError(55, 10, 'Requested operation is not valid: domain is not running')
      }
      if (flags % 2 === 1 || (flags === 0 && domain.isActive)) domain.live = xml
      if (flags >= 2 || (flags === 0 && !domain.isActive)) domain.config = xml
    })
  }

  async domainGetMetadata(ref: DomainRef, _uri: string, flags = 0, options?: CallOptions): Promise<string> {
    return this.calls.do('domainGetMetadata', options, () => {
      const domain = this.get(ref.uuid)
      if (flags === 2 && domain.isTransient) {
        throw libvirtError(
          55,
          20,
          'Requested operation is not valid: transient domains do not have any persistent config',
        )
      }
      if (flags === 1 && !domain.isActive) {
        throw libvirtError(55, 20, 'Requested operation is not valid: domain is not running')
      }
      const found = flags === 2 || !domain.isActive ? domain.config : domain.live
      if (found === undefined) {
        throw libvirtError(80, 20, 'metadata not found: Requested metadata element is not present')
      }
      return found
    })
  }

  async domainInterfaceAddresses(
    ref: DomainRef,
    source: 'lease' | 'agent' | 'arp',
    options?: CallOptions,
  ): Promise<readonly InterfaceAddress[]> {
    return this.calls.do('domainInterfaceAddresses', options, () => {
      const domain = this.get(ref.uuid)
      if (source === 'agent' && !domain.xml.includes('guest_agent')) {
        throw libvirtError(74, 10, 'argument unsupported: QEMU guest agent is not configured')
      }
      return domain.cards.flatMap(({ mac, network }, index) => {
        const lease = this.networks.get(network ?? '')?.leases.find((one) => one.mac === mac)
        if (lease === undefined) return []
        const addresses = [{ family: 'ipv4' as const, address: lease.address, prefix: 24 }]
        return [{ name: `eth${index}`, mac, addresses }]
      })
    })
  }

  #network(name: string): FakeNetwork {
    const found = this.networks.get(name)
    if (found === undefined) {
      throw libvirtError(43, 19, `Network not found: no network with matching name '${name}'`)
    }
    return found
  }

  async networkLookupByName(name: string, options?: CallOptions): Promise<NetworkRef> {
    return this.calls.do('networkLookupByName', options, () => ({
      name: this.#network(name).name,
      uuid: name,
    }))
  }

  async networkIsActive({ name }: NetworkRef, options?: CallOptions): Promise<boolean> {
    return this.calls.do('networkIsActive', options, () => this.#network(name).isActive)
  }

  async networkGetXmlDesc({ name }: NetworkRef, _flags?: number, options?: CallOptions): Promise<string> {
    return this.calls.do('networkGetXmlDesc', options, () => this.#network(name).xml)
  }

  async networkGetDhcpLeases(
    { name }: NetworkRef,
    mac?: string,
    options?: CallOptions,
  ): Promise<readonly NetworkLease[]> {
    return this.calls.do('networkGetDhcpLeases', options, () =>
      this.#network(name).leases.filter((lease) => mac === undefined || lease.mac === mac),
    )
  }

  async networkUpdate({ name }: NetworkRef, update: NetworkUpdate, options?: CallOptions): Promise<void> {
    return this.calls.do('networkUpdate', options, () => this.#network(name).update(update))
  }

  #pool(name: string): FakePool {
    const found = this.pools.get(name)
    if (found === undefined) {
      throw libvirtError(49, 18, `Storage pool not found: no storage pool with matching name '${name}'`)
    }
    return found
  }

  async storagePoolLookupByName(name: string, options?: CallOptions): Promise<PoolRef> {
    return this.calls.do('storagePoolLookupByName', options, () => ({
      name: this.#pool(name).name,
      uuid: name,
    }))
  }

  async storagePoolCreateXml(): Promise<PoolRef> {
    throw libvirtError(3, 0, 'the fake makes no pools')
  }

  async storagePoolDestroy(): Promise<void> {
    throw libvirtError(3, 0, 'the fake makes no pools')
  }

  async storagePoolRefresh({ name }: PoolRef, options?: CallOptions): Promise<void> {
    return this.calls.do('storagePoolRefresh', options, () => this.#pool(name).refresh())
  }

  async storagePoolGetInfo(_pool: PoolRef, options?: CallOptions): Promise<PoolInfo> {
    return this.calls.do('storagePoolGetInfo', options, () => ({
      state: 'running',
      capacityBytes: 2n ** 40n,
      allocationBytes: 0n,
      availableBytes: 2n ** 40n,
    }))
  }

  async storagePoolGetXmlDesc({ name }: PoolRef, _flags?: number, options?: CallOptions): Promise<string> {
    return this.calls.do('storagePoolGetXmlDesc', options, () => {
      const writer = new XmlWriter()
      return xmlText(
        writer.element('pool', {
          attributes: { type: 'dir' },
          children: [
            writer.element('target', {
              children: [writer.element('path', { text: this.#pool(name).directory })],
            }),
          ],
        }),
      )
    })
  }

  async storagePoolListAllVolumes({ name }: PoolRef, options?: CallOptions): Promise<readonly VolumeRef[]> {
    return this.calls.do('storagePoolListAllVolumes', options, () => {
      const pool = this.#pool(name)
      return [...pool.volumes.keys()].map((volume) => pool.ref(volume))
    })
  }

  async storageVolCreateXml(
    { name }: PoolRef,
    xml: string,
    _flags?: number,
    options?: CallOptions,
  ): Promise<VolumeRef> {
    return this.calls.do('storageVolCreateXml', options, () =>
      this.#pool(name).create(xml, (path) => this.#volumeAt(path)?.volume),
    )
  }

  async storageVolLookupByName({ name }: PoolRef, volume: string, options?: CallOptions): Promise<VolumeRef> {
    return this.calls.do('storageVolLookupByName', options, () => {
      const pool = this.#pool(name)
      pool.find(volume)
      return pool.ref(volume)
    })
  }

  async storageVolLookupByPath(path: string, options?: CallOptions): Promise<VolumeRef> {
    return this.calls.do('storageVolLookupByPath', options, () => {
      const found = this.#volumeAt(path)
      if (found === undefined) throw noVolume(path)
      return found.pool.ref(found.name)
    })
  }

  async storageVolDelete({ pool, name }: VolumeRef, _flags?: number, options?: CallOptions): Promise<void> {
    return this.calls.do('storageVolDelete', options, () => {
      this.#pool(pool).find(name)
      this.#pool(pool).volumes.delete(name)
    })
  }

  async storageVolGetPath({ key }: VolumeRef, options?: CallOptions): Promise<string> {
    return this.calls.do('storageVolGetPath', options, () => key)
  }

  async storageVolGetInfo({ pool, name }: VolumeRef, options?: CallOptions): Promise<VolumeInfo> {
    return this.calls.do('storageVolGetInfo', options, () => {
      const { capacityBytes, content } = this.#pool(pool).find(name)
      const bytes = content === undefined ? capacityBytes : BigInt(content.length)
      return { type: 'file', capacityBytes: bytes, allocationBytes: 196_608n }
    })
  }

  async storageVolGetXmlDesc({ pool, name }: VolumeRef, options?: CallOptions): Promise<string> {
    return this.calls.do('storageVolGetXmlDesc', options, () => this.#pool(pool).xmlOf(name))
  }

  async storageVolUpload(
    { pool, name }: VolumeRef,
    content: Uint8Array,
    options?: CallOptions,
  ): Promise<void> {
    return this.calls.do('storageVolUpload', options, () => {
      this.#pool(pool).find(name).content = content
    })
  }

  async storageVolDownload(
    { pool, name }: VolumeRef,
    { offsetBytes, lengthBytes }: { readonly offsetBytes: bigint; readonly lengthBytes: number },
    options?: CallOptions,
  ): Promise<Uint8Array> {
    return this.calls.do('storageVolDownload', options, () => {
      const content = this.#pool(pool).find(name).content ?? new Uint8Array()
      return content.slice(Number(offsetBytes), Number(offsetBytes) + lengthBytes)
    })
  }

  async nodeGetInfo(options?: CallOptions): Promise<NodeInfo> {
    return this.calls.do('nodeGetInfo', options, () => this.node)
  }

  async nodeGetFreeMemory(options?: CallOptions): Promise<bigint> {
    return this.calls.do('nodeGetFreeMemory', options, () => this.freeKib * 1024n)
  }

  async nodeGetCpuStats(options?: CallOptions): Promise<Readonly<Record<string, bigint>>> {
    return this.calls.do('nodeGetCpuStats', options, () => ({ ...this.cpuStats }))
  }

  async nodeGetMemoryStats(options?: CallOptions): Promise<Readonly<Record<string, bigint>>> {
    return this.calls.do('nodeGetMemoryStats', options, () => ({
      total: this.node.memoryKib,
      free: this.freeKib,
      buffers: 0n,
      cached: 0n,
    }))
  }

  lifecycleEvents({ signal }: { readonly signal: AbortSignal }): AsyncIterable<LifecycleEvent> {
    return this.events.listen(signal)
  }

  async close(): Promise<void> {}
}

/** The same for the same text. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
