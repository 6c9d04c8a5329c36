import type { WarmPoolOptions as WarmPool } from '@flotilla/core/authoring'
import type { OpenStackCloud, OpenStackCloudOptions } from '../connection/cloud-options.js'

/** Chooses the newest image that matches: the last one that a pipeline made. */
export interface NewestImage {
  readonly name?: string | undefined
  /** Properties that it must have: `{ os_distro: 'debian' }`. */
  readonly properties?: Readonly<Record<string, string>> | undefined
  /** Tags that it must have, all of them. */
  readonly tags?: readonly string[] | undefined
}

/** A network card with a port of our own, which can have more than one that Nova makes. */
export interface NetworkCard {
  /** Name or id. */
  readonly network: string
  /** Name or id; default the network's choice. */
  readonly subnet?: string | undefined
  /** Names or ids; default those of the instance. */
  readonly securityGroups?: readonly string[] | undefined
  /** Further addresses that the instance may send from: `10.0.0.0/24`. */
  readonly allowedAddresses?: readonly string[] | undefined
  /** Default: the network's own. */
  readonly portSecurity?: boolean | undefined
}

/** Which of a server's addresses is the instance's address. */
export interface AddressChoice {
  /** Name of the network; default the first of `networks`, else the server's first. */
  readonly network?: string | undefined
  /** Default `floating` with `floatingIpFrom`, else `fixed`. */
  readonly kind?: 'fixed' | 'floating' | undefined
  /** Default 4 where the server has one, else 6. */
  readonly version?: 4 | 6 | undefined
}

/** A Cinder volume to boot from, which is deleted with the server. */
export interface BootVolume {
  readonly sizeGib: number
  readonly volumeType?: string | undefined
}

/**
 * How a spare waits:
 *
 * - `stopped` (default): powered off; it wakes by booting
 * - `paused`: in the memory of its host; it wakes at once
 * - `shelved`: its disk is an image, and it takes no host; it wakes the slowest
 */
export type WarmKind = 'stopped' | 'paused' | 'shelved'

/** Spare servers, made ahead of need and put to sleep once they are ready. They count against the quota. */
export type WarmPoolOptions = WarmPool<WarmKind>

/** How instances are made. */
export interface OpenStackOptions {
  /** A name in clouds.yaml, the options of a connection, or a connection that several backends share; default that of `connect`. */
  readonly cloud?: string | OpenStackCloud | OpenStackCloudOptions | undefined
  /** Name or id of an image; or `{ newest }` for the newest that matches at each launch. */
  readonly image: string | { readonly newest: NewestImage }
  /** Name or id. */
  readonly flavor: string
  /** Names or ids, or cards in full; default the project's only network. An empty list: none. */
  readonly networks?: readonly (string | NetworkCard)[] | undefined
  /** Port that the service listens on. Without one, instances have no address. */
  readonly port?: number | undefined
  readonly address?: AddressChoice | undefined
  /** Name or id of an external network. Each instance gets a floating address of it, which is removed with the instance. */
  readonly floatingIpFrom?: string | undefined
  /** Name of the key pair. */
  readonly keyName?: string | undefined
  /** Names or ids; default the project's `default`. */
  readonly securityGroups?: readonly string[] | undefined
  /** User data for cloud-init or another program of the image. Never printed; at most 49,149 bytes. */
  readonly userData?: string | Uint8Array | undefined
  /** Whether the guest gets `userData` and metadata on a config drive; default that of the cloud and the image. */
  readonly configDrive?: boolean | undefined
  /** Availability zones to spread over; default the cloud's choice. */
  readonly zones?: readonly string[] | undefined
  /** Name or id of an existing server group: anti-affinity keeps its members on different hosts. */
  readonly serverGroup?: string | undefined
  readonly bootVolume?: BootVolume | undefined
  /** Metadata of your own; no name may begin with `flotilla.`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Tags of your own: up to 60 characters, without `,` and `/`. None may be `flotilla` or begin with `flotilla:`. */
  readonly tags?: readonly string[] | undefined
  readonly description?: string | undefined
  /** Scheduler hints beside the server group: `{ different_host: [...] }`. */
  readonly schedulerHints?: Readonly<Record<string, unknown>> | undefined
  /** Tells apart controllers that use the same group names in one project. */
  readonly scope?: string | undefined
  /**
   * `diagnostics`: CPU and memory from Nova's diagnostics, with one call for each instance; most clouds show them to admins
   * only. `none` (default): no usage.
   */
  readonly usage?: 'none' | 'diagnostics' | undefined
  /** Whether a launch that would exceed the project's quota is refused without asking Nova; default true. */
  readonly checkQuota?: boolean | undefined
  /** First pause of launches after a full quota or a zone without room; it doubles up to ten times this. Default 60,000. */
  readonly pauseMs?: number | undefined
  /** How long a server may be in BUILD before it counts as failed; default 600,000. */
  readonly buildTimeoutMs?: number | undefined
  /** How long a deleted server may take to be gone; default 180,000. */
  readonly terminateTimeoutMs?: number | undefined
  /** How long a server is looked for after the reply to its creation was lost; default 15,000. */
  readonly lookTimeoutMs?: number | undefined
  /**
   * Age at which ports and floating addresses without a server are removed; default 300,000. It must be longer than a launch
   * takes: a longer launch of another program fails.
   */
  readonly orphanAfterMs?: number | undefined
  /** How many terminations, or readings of usage, run at one time; default 8. */
  readonly parallel?: number | undefined
  /** Spare servers that a launch takes and wakes. */
  readonly warmPool?: WarmPoolOptions | undefined
}
