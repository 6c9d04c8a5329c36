import type { Backend } from '../../backend.js'
import type { LoadBalancer } from '../../balancer.js'
import type { Clock } from '../../clock.js'
import type { Behavior } from '../../decide/behavior.js'
import type { DecisionRecorder } from '../../decide/log/decision-log.js'
import type { Logger } from '../../logger.js'
import type { Metrics } from '../../metrics/metrics.js'
import type { Policy } from '../../policies/policy.js'
import type { Probe } from '../../probes/probe.js'
import type { StateStore } from '../../state/store.js'
import type { ShadowOptions } from '../shadows/shadow-options.js'
import type { VictimPolicy } from '../victims/victim-policy.js'

/** Options of `new Autoscaler()`. */
export interface AutoscalerOptions {
  /** Names the group on its machines; lower-case letters, digits and inner hyphens, at most 63. */
  readonly group: string
  /** Fewest instances; whole number >= 0. */
  readonly min: number
  /** Most instances, and most running machines at any moment; whole number >= `min`, above 0. */
  readonly max: number
  /** The count to start with when nothing is known of the group; by default what is found, within min..max. */
  readonly desired?: number | undefined
  readonly backend: Backend
  /** Without one, instances are not put behind anything and are terminated without a drain. */
  readonly balancer?: LoadBalancer | undefined
  /** Decides readiness and health. Without one, running is healthy. */
  readonly probe?: Probe | undefined
  /**
   * One or several, of which the largest count wins; by default `adaptive`, on the CPU and on what the sources tell of
   * the load (`http.request_rate`, `http.queue`).
   */
  readonly policy?: Policy | readonly Policy[] | undefined
  /**
   * Policies, or lists of them, that only watch, by names of your own; at most 16. Each is asked at every tick with the
   * same readings, instances and count, and damped for itself as the active policy would be; what it would have decided
   * is in the `decision` event and the log, its state in the store: made the active policy, it goes on with what it learnt. One that fails disturbs nothing, and one that takes
   * more than a hundredth of the time rests; only one that never returns would stop the loop.
   */
  readonly shadow?: ShadowOptions | undefined
  /** Sources beside the instances' own usage and the balancer, which are asked where they can tell. */
  readonly metrics?: readonly Metrics[] | undefined
  /** Windows, rates and cooldowns; by default those of Kubernetes' HPA. */
  readonly behavior?: Behavior | undefined
  /** From one tick to the next; default 15,000. */
  readonly intervalMs?: number | undefined
  /** Time after readiness in which an instance serves but is left out of averages; default 0. */
  readonly warmupMs?: number | undefined
  readonly launch?: LaunchOptions | undefined
  readonly health?: HealthOptions | undefined
  readonly timeouts?: TimeoutOptions | undefined
  /**
   * Who goes first on scale-in: one of EC2's termination policies, or a list of them that is applied in order. By default
   * `default`: the oldest template, then the oldest instance. Why each victim was chosen is in its `instance` event.
   */
  readonly victims?: VictimPolicy | readonly VictimPolicy[] | undefined
  /**
   * Before any of the policies, take from the zone (host, hypervisor) with the most instances, so that the zones stay
   * level; default true, as EC2. Say false where zones are of different sizes.
   */
  readonly balanceZones?: boolean | undefined
  /** The metric that `least-busy` compares; default `cpu`. */
  readonly busyMetric?: string | undefined
  /** Where state survives a restart; by default it does not. Of the controllers that share it only one acts for the group. */
  readonly store?: StateStore | undefined
  /** Decide and tell, and touch nothing; default false. */
  readonly dryRun?: boolean | undefined
  /**
   * Takes every decision and what then happened: a `decisionLog` for questions, a `decisionLogFile` to keep, a recorder of
   * your own, or several; one may serve many groups. They stay the caller's: `stop` does not close a file.
   */
  readonly log?: DecisionRecorder | readonly DecisionRecorder[] | undefined
  /** Decisions that the group itself keeps for `decisions()` and `explain()`; default 100. */
  readonly keepDecisions?: number | undefined
  /** Default: warnings and errors go to the console. */
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  /** 0 <= value < 1; default `Math.random`. Spreads retries. */
  readonly random?: (() => number) | undefined
}

/** How many launches at a time, and how long they wait after failures. */
export interface LaunchOptions {
  /** Launches at one time; default 5. */
  readonly parallel?: number | undefined
  /** From launch to the first passed probe; default 300,000. Later it is replaced. */
  readonly readyTimeoutMs?: number | undefined
  /**
   * First and longest wait after launches that failed; default 1,000 and 600,000. It doubles with each failure in a row:
   * where others come to serve in between, the row begins anew.
   */
  readonly backoff?: { readonly baseMs?: number | undefined; readonly capMs?: number | undefined } | undefined
  /** Time in service after which a launch counts as a success and ends the backoff; default 60,000. */
  readonly stableMs?: number | undefined
}

/** When an instance counts as unhealthy, and when none is replaced. */
export interface HealthOptions {
  /** Failed probes in a row that make an instance unhealthy; default 3. */
  readonly failureThreshold?: number | undefined
  /**
   * The brake: when more than this share of the serving instances (rounded down, but never below one instance) is
   * unhealthy, none of them is replaced: the probe, the network or overload is the likelier culprit. Default 0.5.
   */
  readonly maxUnhealthyRatio?: number | undefined
}

/** Bounds of single calls, in milliseconds. */
export interface TimeoutOptions {
  /** Listing the group; default 30,000. */
  readonly listMs?: number | undefined
  /** One sample of one metric source; default 10,000. */
  readonly sampleMs?: number | undefined
  /** One check of a probe, over the probe's own bound; default 10,000. */
  readonly probeMs?: number | undefined
  /** One launch; default 300,000. */
  readonly launchMs?: number | undefined
  /** One termination; default 300,000. */
  readonly terminateMs?: number | undefined
  /** One change of the balancer, drains included; default 300,000. */
  readonly balanceMs?: number | undefined
  /** Loading or saving the state, a lock included; default 60,000. */
  readonly storeMs?: number | undefined
}
