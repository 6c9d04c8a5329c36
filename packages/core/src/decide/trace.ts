import type { Unit } from '../metrics/metrics.js'
import type { ReadingSet } from '../metrics/readings/reading-set.js'
import type { PolicyTrace } from '../policies/policy.js'

/** The steps of a decision, in their order; `paused` only where somebody keeps the group from scaling. */
export type StepName = 'bounds' | 'combine' | 'stabilise' | 'rate-limit' | 'clamp' | 'paused'

/** What one step got, what it gave, and why. */
export interface DecisionStep {
  readonly step: StepName
  readonly got: number
  readonly gave: number
  readonly why: string
}

/** One metric as the policies saw it. */
export interface MetricSummary {
  readonly name: string
  readonly unit: Unit
  /** How many values were there, and how many were asked for and absent. */
  readonly presentCount: number
  readonly absentCount: number
  /** Over the present values; undefined when there is none. */
  readonly mean: number | undefined
  readonly lowest: number | undefined
  readonly highest: number | undefined
  /** Why the first absent one is absent. */
  readonly absentReason?: string | undefined
}

/** Why the group is the size it is: everything that led to one decision, also to the decision to do nothing. */
export interface DecisionTrace {
  readonly group: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly current: number
  readonly desired: number
  readonly outcome: 'scale-out' | 'scale-in' | 'hold'
  /** In one sentence. */
  readonly reason: string
  /** The step that kept the group from what the policies wanted, if one did. */
  readonly limitedBy?: StepName | undefined
  readonly metrics: readonly MetricSummary[]
  readonly policies: readonly PolicyTrace[]
  readonly steps: readonly DecisionStep[]
  /** What was filled in, ignored or set right on the way. */
  readonly notes: readonly string[]
  /** Nothing is done about it: the group is in a dry run. */
  readonly isDryRun?: boolean | undefined
  /** What policies that only watch would have decided, by the name they were given. */
  readonly shadows?: readonly ShadowTrace[] | undefined
}

/**
 * What a policy that only watches would have decided, from the same readings, observation and count, with damping of its
 * own. One that failed holds, and its reason says how.
 */
export interface ShadowTrace extends Pick<
  DecisionTrace,
  'desired' | 'outcome' | 'reason' | 'limitedBy' | 'policies' | 'steps' | 'notes'
> {
  readonly name: string
}

/** One line per metric name in the set. */
export function summarise(readings: ReadingSet): readonly MetricSummary[] {
  return readings.names().map((name) => {
    const ofGroup = readings.ofGroup(name)
    const all = [...(ofGroup === undefined ? [] : [ofGroup]), ...readings.ofInstances(name).values()]
    let presentCount = 0
    let sum = 0
    let lowest = Infinity
    let highest = -Infinity
    let absentReason: string | undefined
    for (const reading of all) {
      if (reading.kind === 'absent') {
        absentReason ??= reading.reason
        continue
      }
      presentCount += 1
      sum += reading.value
      lowest = Math.min(lowest, reading.value)
      highest = Math.max(highest, reading.value)
    }
    const has = presentCount > 0
    return {
      name,
      unit: all[0]?.unit ?? 'none',
      presentCount,
      absentCount: all.length - presentCount,
      mean: has ? sum / presentCount : undefined,
      lowest: has ? lowest : undefined,
      highest: has ? highest : undefined,
      absentReason,
    }
  })
}

/** Something that happened to the group after a decision. */
export interface Aftermath {
  /** Epoch milliseconds. */
  readonly at: number
  /** In words: `i-3 in-service: it passed its probe`. */
  readonly what: string
}
