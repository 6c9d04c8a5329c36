import type { DomainRef } from './domain-types.js'
import type { CallOptions, Hypervisor } from './hypervisor.js'
import type { NetworkRef, PoolRef } from './resource-types.js'

/** A question to `connectGetDomainCapabilities`. The daemon chooses what is left out. */
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

  /** Source: virConnectGetHostname. */
  connectGetHostname(options?: CallOptions): Promise<string>
  /** XML; rejects where that kind of guest cannot run here: `kvm` without /dev/kvm. */
  connectGetDomainCapabilities(wish?: DomainCapabilitiesWish, options?: CallOptions): Promise<string>
  /** Source: virDomainHasManagedSaveImage. */
  domainHasManagedSaveImage(domain: DomainRef, options?: CallOptions): Promise<boolean>

  /** Source: virConnectListAllNetworks. */
  connectListAllNetworks(flags?: number, options?: CallOptions): Promise<readonly NetworkRef[]>
  /** Rejects with code 43 where there is none. Source: virNetworkLookupByUUIDString. */
  networkLookupByUuid(uuid: string, options?: CallOptions): Promise<NetworkRef>
  /** Keeps it, inactive. */
  networkDefineXml(xml: string, options?: CallOptions): Promise<NetworkRef>
  /** Starts a stored network. Source: virNetworkCreate. */
  networkCreate(network: NetworkRef, options?: CallOptions): Promise<void>
  /** Ends a network. Source: virNetworkDestroy. */
  networkDestroy(network: NetworkRef, options?: CallOptions): Promise<void>
  /** Removes the stored network. Source: virNetworkUndefine. */
  networkUndefine(network: NetworkRef, options?: CallOptions): Promise<void>

  /** Source: virConnectListAllStoragePools. */
  connectListAllStoragePools(flags?: number, options?: CallOptions): Promise<readonly PoolRef[]>
}
