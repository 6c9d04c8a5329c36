import type { Reading } from '../../metrics/metrics.js'

/**
 * Who goes first when the group shrinks: EC2's termination policies. A list is applied in order, each one among those
 * that the one before left over; `default` can only be the last.
 *
 * - `default`: `oldest-template`, then `oldest-instance`
 * - `oldest-template`: made from a template that is no longer the backend's; the one longest out of use first
 * - `oldest-instance`, `newest-instance`: by launch time; `oldest` and `newest` are the same, shorter
 * - `least-busy`: by the busy metric (`cpu` unless told otherwise); one without a reading counts as busy
 *
 * EC2's `ClosestToNextInstanceHour` and `AllocationStrategy` have no meaning for machines that nobody bills by the hour
 * and that are all of one kind. Where EC2 would draw at random, the oldest goes, and among those of one age the first by
 * id: the same group gives the same victim.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
 */
export type VictimPolicy =
  | 'default'
  | 'oldest-template'
  | 'oldest-instance'
  | 'newest-instance'
  | 'least-busy'
  | 'oldest'
  | 'newest'

export const victimPolicies: readonly VictimPolicy[] = [
  'default',
  'oldest-template',
  'oldest-instance',
  'newest-instance',
  'least-busy',
  'oldest',
  'newest',
]

export interface VictimFacts {
  readonly order: readonly VictimPolicy[]
  /** Whether the zone with the most instances gives first, before any of the policies. */
  readonly balanceZones: boolean
  readonly templateHash: string | undefined
  readonly busyMetric: string
  /** Readings of the busy metric, by instance id. */
  readonly busy: ReadonlyMap<string, Reading>
}
