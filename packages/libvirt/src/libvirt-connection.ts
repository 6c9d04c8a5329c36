import type { DomainRef } from './domain-types.js'
import type { CallOptions, Hypervisor } from './hypervisor.js'
import type { NetworkRef, PoolRef } from './resource-types.js'

/** What `connectGetDomainCapabilities` is asked about; what is left out, the daemon chooses. */
export interface DomainCapabilitiesWish {
  /** Path of the emulator. */
  readonly emulator?: string | undefined
  readonly architecture?: string | undefined
  readonly machine?: string | undefined
  /** `kvm` or `qemu`. */
  readonly virtualization?: string | undefined
}

/** A `Hypervisor` that `connect` gives, with the calls beyond those that a backend needs. */
export interface LibvirtConnection extends Hypervisor {
  /** False while the connection is lost and being made again. */
  readonly isConnected: boolean

  connectGetHostname(options?: CallOptions): Promise<string>
  /** XML; rejects where that kind of guest cannot run here: `kvm` without /dev/kvm. */
  connectGetDomainCapabilities(wish?: DomainCapabilitiesWish, options?: CallOptions): Promise<string>
  domainHasManagedSaveImage(domain: DomainRef, options?: CallOptions): Promise<boolean>

  connectListAllNetworks(flags?: number, options?: CallOptions): Promise<readonly NetworkRef[]>
  networkLookupByUuid(uuid: string, options?: CallOptions): Promise<NetworkRef>
  /** Keeps it, inactive. */
  networkDefineXml(xml: string, options?: CallOptions): Promise<NetworkRef>
  networkCreate(network: NetworkRef, options?: CallOptions): Promise<void>
  networkDestroy(network: NetworkRef, options?: CallOptions): Promise<void>
  networkUndefine(network: NetworkRef, options?: CallOptions): Promise<void>

  connectListAllStoragePools(flags?: number, options?: CallOptions): Promise<readonly PoolRef[]>
}
