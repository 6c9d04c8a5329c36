import type { DecisionTrace } from '../../decide/trace.js'
import type { Reading } from '../../metrics/metrics.js'
import type { TrackedInstance } from '../../model.js'
import type { Process } from '../life/group-state.js'
import type { GroupOwner } from '../ownership/ownership.js'
import type { StandingProblem } from './problems.js'

/** An instance, with what stands between it and its work. */
export interface ShownInstance extends TrackedInstance {
  /**
   * What it waits for, or why it is where it is: the last answer of its probe, why it has no address, what the platform
   * says against it, why it is leaving. Absent while it serves and nothing is wrong.
   */
  readonly note?: string | undefined
}

/** The group as it is known at this moment. */
export interface GroupStatus {
  readonly group: string
  readonly min: number
  readonly max: number
  /** Who owns the group, and whether that is this controller; undefined before it was asked, and in a dry run. */
  readonly owner: GroupOwner | undefined
  /** Undefined until the group was seen for the first time. */
  readonly desired: number | undefined
  /** Launches that are under way are in it, with an id of `launch:` and the token. */
  readonly instances: readonly ShownInstance[]
  readonly suspended: readonly Process[]
  /** Present while launches wait, since some failed: how many in a row, and when the next is due, whole epoch milliseconds. */
  readonly backoff?: { readonly failures: number; readonly until: number } | undefined
  /** What the last tick read, as the sources gave it. */
  readonly readings: readonly Reading[]
  readonly lastDecision: DecisionTrace | undefined
  /** What stands in the way now, the oldest first. */
  readonly problems: readonly StandingProblem[]
}
