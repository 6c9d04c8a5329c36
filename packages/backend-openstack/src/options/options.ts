import type { Probe } from '@flotilla/core'
import type { OpenStackCloud, OpenStackCloudOptions } from '../connection/cloud-options.js'

/** The newest image that fits: what a pipeline made last. */
export interface NewestImage {
  readonly name?: string | undefined
  /** With these very values: `{ os_distro: 'debian' }`. */
  readonly properties?: Readonly<Record<string, string>> | undefined
  /** All of them. */
  readonly tags?: readonly string[] | undefined
}

/** A network card that we make the port of, so that it can be more than Nova's own. */
export interface NetworkCard {
  /** Name or id. */
  readonly network: string
  /** Name or id, where it matters which. */
  readonly subnet?: string | undefined
  /** Names or ids; default those of the instance. */
  readonly securityGroups?: readonly string[] | undefined
  /** Further addresses that it may send from: `10.0.0.0/24`. */
  readonly allowedAddresses?: readonly string[] | undefined
  /** Default: the network's own. */
  readonly portSecurity?: boolean | undefined
}

/** Which of its addresses an instance says. */
export interface AddressChoice {
  /** Name of the network; default the first of `networks`, else the first that it has. */
  readonly network?: string | undefined
  /** Default `floating` when it has a floating address of ours, else `fixed`. */
  readonly kind?: 'fixed' | 'floating' | undefined
  /** Default: 4 where it has one, else 6. */
  readonly version?: 4 | 6 | undefined
}

/** A volume of Cinder to boot from, which goes with the server. */
export interface BootVolume {
  readonly sizeGib: number
  readonly volumeType?: string | undefined
}

/** Servers that are made ahead of need and put to sleep once they are ready. */
export interface WarmPoolOptions {
  /** How many wait. They count against the quota. */
  readonly count: number
  /**
   * - `stop` (default): powered off; wakes by booting
   * - `pause`: kept in the memory of its host; wakes at once
   * - `shelve`: its disk kept as an image, no host taken; wakes the slowest
   */
  readonly by?: 'stop' | 'pause' | 'shelve' | undefined
  /** What a spare must pass before it is put to sleep; default that its port takes a connection, where it has one. */
  readonly ready?: Probe | undefined
  /** One that has run so long and is still not ready is put to sleep as it is; default 300,000. */
  readonly bootTimeoutMs?: number | undefined
}

/** How instances are made. */
export interface OpenStackOptions {
  /** A name in clouds.yaml, the options of a connection, or one that several backends share; default as `connect` has it. */
  readonly cloud?: string | OpenStackCloud | OpenStackCloudOptions | undefined
  /** Name or id of an image; or `{ newest }` for the newest with these properties at each launch. */
  readonly image: string | { readonly newest: NewestImage }
  /** Name or id. */
  readonly flavor: string
  /** Names or ids, or cards in full; default the project's only network. An empty list: none. */
  readonly networks?: readonly (string | NetworkCard)[] | undefined
  /** Port that the service listens on. Without one, instances have no address. */
  readonly port?: number | undefined
  readonly address?: AddressChoice | undefined
  /** External network, by name or id, from which each instance gets a floating address, which goes with it. */
  readonly floatingIpFrom?: string | undefined
  /** Name of the key pair. */
  readonly keyName?: string | undefined
  /** Names or ids; default the project's `default`. */
  readonly securityGroups?: readonly string[] | undefined
  /** For cloud-init or what else is in the image. Never printed; at most 49,149 bytes. */
  readonly userData?: string | Uint8Array | undefined
  /** Whether the guest gets `userData` and metadata on a drive of its own; default the cloud's and the image's. */
  readonly configDrive?: boolean | undefined
  /** Availability zones to spread over; default the cloud's choice. */
  readonly zones?: readonly string[] | undefined
  /** Name or id of a server group: anti-affinity keeps its members on different hosts. It is not made by us. */
  readonly serverGroup?: string | undefined
  readonly bootVolume?: BootVolume | undefined
  /** Metadata of your own; no name may begin with `flotilla.`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Tags of your own: up to 60 characters, without `,` and `/`. None may be `flotilla` or begin with `flotilla:`. */
  readonly tags?: readonly string[] | undefined
  readonly description?: string | undefined
  /** Beside the server group: `{ different_host: [...] }`. */
  readonly schedulerHints?: Readonly<Record<string, unknown>> | undefined
  /** Tells apart controllers that use the same group names in one project. */
  readonly scope?: string | undefined
  /**
   * `diagnostics`: from Nova's diagnostics, which only admins may see on most clouds, and which cost a call per instance;
   * `none` (default): this backend gives no usage.
   */
  readonly usage?: 'none' | 'diagnostics' | undefined
  /** Whether a launch that would break the project's quota is refused before it is asked for; default true. */
  readonly checkQuota?: boolean | undefined
  /** First pause of launches after a full quota or a zone without room; doubles up to ten times this. Default 60,000. */
  readonly pauseMs?: number | undefined
  /** A server that is longer in BUILD has failed; default 600,000. */
  readonly buildTimeoutMs?: number | undefined
  /** How long the end of a server is followed; default 180,000. */
  readonly terminateTimeoutMs?: number | undefined
  /** After a lost reply, how long it is looked for whether the server was made; default 15,000. */
  readonly lookTimeoutMs?: number | undefined
  /**
   * Ports and floating addresses without a server are removed at this age; default 300,000. No launch should be under way
   * for so long: one that is, in another program, fails.
   */
  readonly orphanAfterMs?: number | undefined
  /** Terminations, and readings of use, at one time; default 8. */
  readonly parallel?: number | undefined
  /** Servers made ahead of need, which a launch takes and wakes. */
  readonly warmPool?: WarmPoolOptions | undefined
}
