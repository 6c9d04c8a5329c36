/** Where a machine answers. */
export interface Address {
  /** Host name or IP address, without brackets or port. */
  readonly host: string
  /** 1..65535 */
  readonly port: number
}

/**
 * What a backend says of one machine.
 *
 * - `pending`: being made or booting
 * - `running`: the machine runs; whether its service answers is the probe's to say
 * - `paused`: frozen, with its memory kept
 * - `stopping`: on its way out
 * - `stopped`: powered off, exited or crashed; only its remains are there
 * - `failed`: the backend gave up on it
 * - `unknown`: a state this version does not know
 */
export type InstanceStatus = 'pending' | 'running' | 'paused' | 'stopping' | 'stopped' | 'failed' | 'unknown'

/** One machine as its backend knows it, at the moment of asking. */
export interface Instance {
  /** The backend's own identifier: stable, and unique within the backend. */
  readonly id: string
  readonly group: string
  /** The launch token, read back from the machine's own label. */
  readonly token: string
  readonly name: string
  readonly status: InstanceStatus
  /**
   * Why it is in that status, when the backend knows: an exit code, a fault text. On a running one, what is missing: why it
   * has no address yet, and what gives addresses there.
   */
  readonly statusReason?: string | undefined
  /**
   * Why it cannot serve although it runs, in the platform's own words: a failed or unfinished health check, a pause or a
   * suspension by somebody else, a disk error. Absent when the platform says nothing against it. An impaired instance gets
   * no traffic, and counts as one whose probe fails.
   */
  readonly impaired?: string | undefined
  /** Absent until the machine has one. */
  readonly address?: Address | undefined
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Host, hypervisor or availability zone it runs in. */
  readonly zone?: string | undefined
  /** Hash of the template it was launched from; differs from the backend's own once the template has changed. */
  readonly templateHash?: string | undefined
}

/**
 * Where an instance stands in its group's life:
 *
 * ```
 * launching ─▶ (warming) ─▶ in-service ─▶ draining ─▶ terminating ─▶ gone
 *     │             │        ▲   │  ▲        │
 *     │             │        │   │  └────────┘ load returned
 *     └──────┬──────┴────────│───┤
 *            ▼               │   ▼
 *          failed         standby            warm: made ahead of need, and waiting
 * ```
 *
 * `warming` takes traffic but is left out of averaged metrics. `failed` is beyond repair and waits for its removal.
 * `gone` is never stored: a gone instance has no record.
 */
export type LifecycleState =
  | 'launching'
  | 'warming'
  | 'in-service'
  | 'draining'
  | 'terminating'
  | 'failed'
  | 'standby'
  | 'warm'

/** One instance with what its group knows of it: what policies and metric sources see. */
export interface TrackedInstance extends Instance {
  readonly state: LifecycleState
  /** Epoch milliseconds of the last change of `state`. */
  readonly stateSince: number
  /** When it first passed its probe; absent while it never has. */
  readonly readyAt?: number | undefined
  /** True when scale-in and replacement must leave it alone. */
  readonly isProtected: boolean
}

/** The group at one moment, as policies see it. */
export interface Observation {
  readonly group: string
  /** Epoch milliseconds. */
  readonly at: number
  /** The count now held: the last decision, whether or not the instances are all there yet. */
  readonly desired: number
  readonly instances: readonly TrackedInstance[]
}

/** Those that serve: what averages are taken over. */
export function isReady(instance: TrackedInstance): boolean {
  return instance.state === 'in-service'
}

/** Those that serve or soon will: what the desired count is compared with. */
export function isCapacity(instance: TrackedInstance): boolean {
  return instance.state === 'launching' || instance.state === 'warming' || instance.state === 'in-service'
}
