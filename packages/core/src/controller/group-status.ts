import type { DecisionTrace } from '../decide/trace.js'
import type { Reading } from '../metrics/metrics.js'
import type { TrackedInstance } from '../model.js'
import type { Process } from './group-state.js'

/** The group as it is known at this moment. */
export interface GroupStatus {
  readonly group: string
  readonly min: number
  readonly max: number
  /** Undefined until the group was seen for the first time. */
  readonly desired: number | undefined
  /** Launches that are under way are in it, with an id of `launch:` and the token. */
  readonly instances: readonly TrackedInstance[]
  readonly suspended: readonly Process[]
  /** What the last tick read, as the sources gave it. */
  readonly readings: readonly Reading[]
  readonly lastDecision: DecisionTrace | undefined
}
