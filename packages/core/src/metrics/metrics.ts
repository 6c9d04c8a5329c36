import type { CallOptions } from '../async/deadline.js'
import type { TrackedInstance } from '../model.js'

/** What a value counts. Ratios are 0..1 for none to all, never percent. */
export type Unit = 'ratio' | 'bytes' | 'count' | 'per-second' | 'milliseconds' | 'seconds' | 'none'

/** Fields of every reading. */
interface ReadingBase {
  /** Lower-case words joined by dots and underscores: `cpu`, `http.request_rate`. */
  readonly name: string
  readonly unit: Unit
  /** The instance it is of; absent when it is of the whole group. */
  readonly instanceId?: string | undefined
  /** When it was taken, epoch milliseconds. */
  readonly at: number
}

/** A value that was read. */
export interface PresentReading extends ReadingBase {
  readonly kind: 'value'
  /** Finite. */
  readonly value: number
  /** The time up to `at` that the value is a mean over, milliseconds; left out when it is of one moment, or unknown. */
  readonly windowMs?: number | undefined
}

/** A value that was asked for and could not be had. Never confused with 0. */
export interface AbsentReading extends ReadingBase {
  readonly kind: 'absent'
  readonly reason: string
}

/** What a source says of one metric, of the group or of one instance: a value, or why there is none. */
export type Reading = PresentReading | AbsentReading

/**
 * What a missing value of a metric means to the decision.
 *
 * - `hold` (default): policies that need it cannot tell, which blocks a decrease and never an increase
 * - `last`: the last value known stands in while it is at most `maxAgeMs` old, then as `hold`
 * - `assume`: `value` stands in
 * - `fail`: the whole decision is left undone, in both directions
 */
export type MissingRule =
  | { readonly kind: 'hold' }
  | { readonly kind: 'last'; readonly maxAgeMs: number }
  | { readonly kind: 'assume'; readonly value: number }
  | { readonly kind: 'fail' }

/** A metric that a source can give. */
export interface MetricInfo {
  readonly name: string
  readonly unit: Unit
  readonly of: 'group' | 'instance'
  /** Default `hold`. */
  readonly whenMissing?: MissingRule | undefined
}

/** What a sample is asked about. */
export interface SampleRequest extends CallOptions {
  readonly group: string
  readonly instances: readonly TrackedInstance[]
  /** Epoch milliseconds. */
  readonly now: number
}

/**
 * A source of readings. The promises:
 *
 * 1. `sample` gives, for each metric in `provides`, one reading of the group or one per instance it was asked about;
 *    what cannot be had is an absent reading with its reason, never 0 and never left out.
 * 2. It rejects only when nothing at all could be read; the others go on without it.
 * 3. It ends within the signal, and rejects with the signal's reason when that aborts.
 * 4. `close`, where there is one, may be called twice.
 */
export interface Metrics {
  readonly name: string
  readonly provides: readonly MetricInfo[]
  /** One reading for each metric in `provides`: of the group, or of every instance in the request. */
  sample(request: SampleRequest): Promise<readonly Reading[]>
  /** Ends what it holds, such as a connection. May be called twice. */
  close?(): Promise<void>
}

/** True for an object that has the shape of a metric source: a balancer may be one too. */
export function isMetrics(candidate: object): candidate is Metrics {
  return 'sample' in candidate && typeof candidate.sample === 'function' && 'provides' in candidate
}
