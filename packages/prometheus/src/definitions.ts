import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/**
 * Every metric of a registry. None has a label of an instance, and what has many series, times of ticks and calls, none of
 * a group: their number is bounded, and a thousand groups can be scraped.
 */
export interface Definitions {
  readonly min: Gauge
  readonly max: Gauge
  readonly desired: Gauge
  readonly instances: Gauge
  readonly protectedInstances: Gauge
  readonly owned: Gauge
  readonly suspended: Gauge
  readonly problems: Gauge
  readonly launchFailures: Gauge
  readonly nextLaunch: Gauge
  readonly metric: Gauge
  readonly metricAbsent: Gauge
  readonly proposal: Gauge
  readonly shadow: Gauge
  readonly lastTick: Gauge
  readonly decisions: Counter
  readonly scaled: Counter
  readonly changes: Counter
  readonly ready: Histogram
  readonly drain: Histogram
  readonly tick: Histogram
  readonly calls: Histogram
  readonly callErrors: Counter
}

/** Of starts and drains, seconds: containers take a few, guests minutes. */
const stepBuckets = [1, 2.5, 5, 10, 30, 60, 180, 600]
/** Of calls and ticks, seconds. */
const callBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

/** @throws Error of prom-client where the registry has metrics of these names already */
export function defineMetrics(registry: Registry): Definitions {
  const registers = [registry]
  const gauge = (name: string, help: string, ...labels: readonly string[]): Gauge =>
    new Gauge({ name, help, registers, labelNames: ['group', ...labels] })
  const counter = (name: string, help: string, ...labels: readonly string[]): Counter =>
    new Counter({ name, help, registers, labelNames: ['group', ...labels] })
  const histogram = (
    name: string,
    help: string,
    buckets: readonly number[],
    ...labelNames: readonly string[]
  ): Histogram => new Histogram({ name, help, registers, buckets: [...buckets], labelNames: [...labelNames] })

  return {
    min: gauge('flotilla_group_min_instances', 'Fewest instances that the group may have.'),
    max: gauge('flotilla_group_max_instances', 'Most machines that the group may have at any moment.'),
    desired: gauge('flotilla_group_desired_instances', 'Instances that the group is to have.'),
    instances: gauge(
      'flotilla_group_instances',
      'Machines of the group by the state of their life.',
      'state',
    ),
    protectedInstances: gauge(
      'flotilla_group_protected_instances',
      'Machines that scale-in and replacement leave alone.',
    ),
    owned: gauge(
      'flotilla_group_owned',
      'Whether this controller owns the group and acts for it: 1, else 0.',
    ),
    suspended: gauge(
      'flotilla_group_suspended',
      '1 for each process of the group that is paused.',
      'process',
    ),
    problems: gauge('flotilla_group_problems', 'Problems that stand, by their kind.', 'kind'),
    launchFailures: gauge(
      'flotilla_group_launch_failures_in_a_row',
      'Launches that failed since the last one that succeeded.',
    ),
    nextLaunch: gauge(
      'flotilla_group_next_launch_timestamp_seconds',
      'While launches wait since some failed: when the next is tried.',
    ),
    metric: gauge(
      'flotilla_metric_value',
      'Mean of what was read of a metric, in its unit; ratios are 0 to 1.',
      'metric',
      'unit',
    ),
    metricAbsent: gauge(
      'flotilla_metric_absent_readings',
      'Readings that were asked for and could not be had.',
      'metric',
    ),
    proposal: gauge('flotilla_policy_proposed_instances', 'Instances that a policy asks for.', 'policy'),
    shadow: gauge(
      'flotilla_shadow_desired_instances',
      'Instances that a shadow would have wanted.',
      'shadow',
    ),
    lastTick: gauge('flotilla_group_last_tick_timestamp_seconds', 'When the last tick began.'),
    decisions: counter(
      'flotilla_decisions_total',
      'Decisions by their outcome, and by the step that limited them, if one did.',
      'outcome',
      'limited_by',
    ),
    scaled: counter(
      'flotilla_desired_changes_instances_total',
      'By how many instances the desired count was changed.',
      'direction',
    ),
    changes: counter(
      'flotilla_instance_changes_total',
      'Instances that came into a state of their life; `gone` for those that ended.',
      'state',
    ),
    ready: histogram(
      'flotilla_instance_ready_seconds',
      'Time from the start of an instance until it first passed its probe.',
      stepBuckets,
      'group',
    ),
    drain: histogram(
      'flotilla_instance_drain_seconds',
      'Time that an instance took to drain.',
      stepBuckets,
      'group',
    ),
    tick: histogram(
      'flotilla_tick_seconds',
      'Time of a tick of any group, from its start until its last action was started.',
      callBuckets,
    ),
    calls: histogram(
      'flotilla_backend_call_seconds',
      'Time of a call to a backend.',
      callBuckets,
      'backend',
      'call',
    ),
    callErrors: counter(
      'flotilla_backend_call_errors_total',
      'Calls to a backend that failed, by the code of their error.',
      'backend',
      'call',
      'code',
    ),
  }
}
