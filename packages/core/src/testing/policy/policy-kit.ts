import type { MetricInfo } from '../../metrics/metrics.js'
import type { Policy } from '../../policies/policy.js'

/** How to make a policy for the contract suite. */
export interface PolicyKit {
  /** A new policy each time, always of the same options. */
  make(): Policy
  /**
   * Where its metrics are read: of the group or of each instance. One that is not named here is tried both ways, as a
   * ratio.
   */
  readonly metrics?: readonly MetricInfo[] | undefined
  /** Values that its metrics are given in turn, finite; default from 0 to a million. */
  readonly levels?: readonly number[] | undefined
  /**
   * What it does when all its metrics are missing: `cannot-tell` (default), or `falls-back` for one that needs none of
   * them (a schedule) or is declared with a fallback (`firstOf`). The cases about missing readings are then skipped.
   */
  readonly whenMissing?: 'cannot-tell' | 'falls-back' | undefined
  /** When the sequences start, epoch milliseconds; default a Thursday noon, UTC. */
  readonly now?: number | undefined
  /** Seed of the random sequence; default 1. */
  readonly seed?: number | undefined
}
