import type { BackoffLimits } from './launch-backoff.js'

/** What bounds an instance's life. */
export interface LifeLimits {
  readonly warmupMs: number
  readonly readyTimeoutMs: number
  /** Probes in a row that make an instance unhealthy. */
  readonly failureThreshold: number
  /** Share of the serving instances that may be replaced for failed probes at one time. */
  readonly maxUnhealthyRatio: number
  /** Time in service after which a launch counts as a success. */
  readonly stableMs: number
  /** After it was asked for, the machine of a launch that nobody waits for may still come to exist for so long. */
  readonly lateMs: number
  readonly backoff: BackoffLimits
  /** Whether a probe decides readiness; without one, running is ready. */
  readonly hasProbe: boolean
  /** Whether an instance without an address can serve. */
  readonly needsAddress: boolean
  /** Whether the backend, not the caller, chooses which machine ends: then none is ended in order to be replaced. */
  readonly backendChooses: boolean
}
