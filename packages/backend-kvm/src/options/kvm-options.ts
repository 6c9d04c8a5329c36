import type { WarmPoolOptions } from '@flotilla/core/authoring'
import type { Hypervisor } from '@flotilla/libvirt'
import type { KvmHost } from '../host/host.js'

/** The image that every machine is a linked clone of. It is never written to. */
export type GoldenOption =
  | { readonly pool: string; readonly volume: string }
  | {
      /** Absolute, on the hypervisor; in a storage pool, or on this host. */
      readonly path: string
      /** Default what libvirt or `qemu-img` finds it to be. */
      readonly format?: 'qcow2' | 'raw' | undefined
    }

/** A libvirt network by its name, or a bridge of the host. */
export type NetworkOption = string | { readonly bridge: string }

/**
 * How an instance's address is told.
 *
 * - `lease` (default): by the libvirt network's DHCP leases, if they are fresh
 * - `agent`: by the QEMU guest agent, which `agent` is then true for
 * - a range: each machine gets one of these addresses by a DHCP host entry, made before it boots; use addresses that
 *   dynamic clients never had, inside the network and outside its DHCP range
 * - `none`: instances have no address
 */
export type AddressOption = 'lease' | 'agent' | 'none' | { readonly from: string; readonly to: string }

/** First-boot data for cloud-init, as an ISO image with the label `cidata` (NoCloud). Made by xorriso or genisoimage. */
export interface CloudInitOption {
  /** `#cloud-config …`. Never printed. */
  readonly userData: string
  /** Further lines of meta-data; instance-id and local-hostname are there already. */
  readonly metaData?: string | undefined
  readonly networkConfig?: string | undefined
}

/**
 * How a machine of the warm pool waits.
 *
 * - `paused` (default): booted and frozen; enters in some ten milliseconds, and keeps its memory on the host
 * - `managed-save`: booted and saved to disk; enters in half a second
 * - `stopped`: its disk is there; enters by a boot
 */
export type WarmPoolKind = 'paused' | 'managed-save' | 'stopped'

/** Machines made ahead of need. */
export interface WarmPoolOption extends WarmPoolOptions<WarmPoolKind> {
  /**
   * A machine that waited longer is replaced; default 1,800,000 where addresses come from leases, which run out meanwhile,
   * else 86,400,000.
   */
  readonly maxAgeMs?: number | undefined
}

/** How machines are spread over several hypervisors. */
export interface PlacementOption {
  /** `spread` (default) over the least used; `pack` onto the most used that still has room. */
  readonly strategy?: 'spread' | 'pack' | undefined
  /** Launches at one time on each hypervisor; default 4. */
  readonly clonesInFlight?: number | undefined
  /** Memory that stays free on each hypervisor, MiB; default 256. */
  readonly reserveMemoryMib?: number | undefined
}

/** How instances are run. */
export interface KvmOptions {
  /** One hypervisor, as libvirt writes it; default `qemu:///system`. */
  readonly uri?: string | undefined
  /** Several. */
  readonly uris?: readonly string[] | undefined
  /** Connections made by `kvmHost()`, to be shared by several backends. In place of `uri` and `uris`. */
  readonly hosts?: readonly KvmHost[] | undefined
  /** Connects to a URI; default `@flotilla/libvirt`'s own client. */
  readonly connect?: ((uri: string) => Promise<Hypervisor>) | undefined
  /** Bound of one call of libvirt; default 30,000. */
  readonly timeoutMs?: number | undefined
  readonly golden: GoldenOption
  /** Storage pool for what is made for machines; default the golden image's own. */
  readonly pool?: string | undefined
  /** Directory for it, where there is no pool: the hypervisor is this host, and has `qemu-img`. */
  readonly directory?: string | undefined
  /** `kvm` (default), or `qemu`: emulated, many times slower, and needs no /dev/kvm. */
  readonly domainType?: 'kvm' | 'qemu' | undefined
  /** Virtual CPUs; default 1. A `cpu` reading of 1 means all of them. */
  readonly vcpus?: number | undefined
  /** Default 512. */
  readonly memoryMib?: number | undefined
  /** One network card each; default `['default']`. The first one's address is the instance's. */
  readonly networks?: readonly NetworkOption[] | undefined
  /** Port that the service listens on. Without one, instances have no address. */
  readonly port?: number | undefined
  readonly address?: AddressOption | undefined
  /** Further empty disks. */
  readonly disks?: readonly { readonly sizeMib: number }[] | undefined
  readonly cloudInit?: CloudInitOption | undefined
  /** Whether the serial console is written to a file beside the disk; default false. Removed with the machine. */
  readonly consoleLog?: boolean | undefined
  /** A channel for the QEMU guest agent; default false, and true with `address: 'agent'`. */
  readonly agent?: boolean | undefined
  /** Default `bios`. */
  readonly firmware?: 'bios' | 'efi' | undefined
  /** QEMU's machine type, such as `q35`; default libvirt's. */
  readonly machine?: string | undefined
  /** Changes the domain's XML last of all. Name, UUID and our metadata must stay. */
  readonly xml?: ((xml: string) => string) | undefined
  /** Time from the request to power off until the machine is destroyed; default 10,000; 0 destroys at once. */
  readonly shutdownMs?: number | undefined
  readonly warmPool?: WarmPoolOption | undefined
  readonly placement?: PlacementOption | undefined
  /** Tells apart controllers that use the same group names on one hypervisor; default `flotilla`. */
  readonly scope?: string | undefined
  /** Terminations at one time; default 8. */
  readonly parallel?: number | undefined
  /** How old a reading of memory may be: each costs a round trip to QEMU; default 10,000. */
  readonly memoryEveryMs?: number | undefined
  /**
   * Whether hypervisors that are not listed here may reach the pool or directory. Default true: a file that no machine of
   * the group names then stays, whatever its name, and is told by `problems`. False where nobody else reaches it: such a
   * file is then removed after `orphanAfterMs`, when every listed hypervisor has said that no domain of its own uses it.
   */
  readonly sharedStorage?: boolean | undefined
  /** Minimum age of a leftover before it is removed: a file, a host entry or a machine that the group no longer needs; default 600,000. */
  readonly orphanAfterMs?: number | undefined
  /**
   * A machine that was defined and not started, by a launch of another controller, counts as coming for so long; then as
   * stopped, and is replaced; default 30,000.
   */
  readonly launchGraceMs?: number | undefined
}
