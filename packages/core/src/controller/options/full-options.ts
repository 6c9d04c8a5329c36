import * as v from 'valibot'
import type { Backend } from '../../backend.js'
import type { LoadBalancer } from '../../balancer.js'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import { finiteNumber, func, having, milliseconds, name, text, wholeNumber } from '../../options/checks.js'
import { type Clock, systemClock } from '../../clock.js'
import { type FullBehavior, behaviorFor, behaviorSchema } from '../../decide/behavior.js'
import type { DecisionRecorder } from '../../decide/log/decision-log.js'
import { type Logger, warningsToConsole } from '../../logger.js'
import type { Metrics } from '../../metrics/metrics.js'
import type { Policy } from '../../policies/policy.js'
import type { Probe } from '../../probes/probe.js'
import { memoryStore } from '../../state/memory-store.js'
import type { StateStore } from '../../state/store.js'
import type { LifeLimits } from '../life/life-limits.js'
import { defaultPolicy } from './default-policy.js'
import { checkMetrics, sourcesOf } from './metric-sources.js'
import type { AutoscalerOptions, TimeoutOptions } from './options.js'
import { policiesSchema, shadowSchema, shadowsOf } from '../shadows/shadow-options.js'
import type { Shadow } from '../shadows/shadows.js'
import { checkVictims } from '../victims/victim-options.js'
import { type VictimPolicy, victimPolicies } from '../victims/victim-policy.js'

type Timeouts = { readonly [Name in keyof TimeoutOptions]-?: number }

const timeoutDefaults: Timeouts = {
  listMs: 30_000,
  sampleMs: 10_000,
  probeMs: 10_000,
  launchMs: 300_000,
  terminateMs: 300_000,
  balanceMs: 300_000,
  storeMs: 60_000,
}

const victimDefaults: readonly VictimPolicy[] = ['default']

const defaults = {
  intervalMs: 15_000,
  warmupMs: 0,
  parallel: 5,
  readyTimeoutMs: 300_000,
  backoffBaseMs: 1000,
  backoffCapMs: 600_000,
  stableMs: 60_000,
  failureThreshold: 3,
  maxUnhealthyRatio: 0.5,
  timeouts: timeoutDefaults,
  victims: victimDefaults,
  balanceZones: true,
  busyMetric: 'cpu',
  keepDecisions: 100,
}

const victimWords = `one of ${victimPolicies.join(', ')}, or a list of at least one of them`

const recorder = having<DecisionRecorder>('a decision log', 'record', 'note')

const groupEntries = {
  min: wholeNumber(0),
  max: wholeNumber(1),
  desired: v.optional(wholeNumber(0)),
  backend: having<Backend>('a backend', 'list', 'launch', 'terminate', 'close'),
  balancer: v.optional(having<LoadBalancer>('a balancer', 'sync', 'close')),
  probe: v.optional(having<Probe>('a probe', 'check')),
  policy: v.optional(policiesSchema),
  shadow: v.optional(shadowSchema),
  metrics: v.optional(v.array(having<Metrics>('a metric source', 'sample'), 'a list of metric sources')),
  behavior: v.optional(behaviorSchema),
  intervalMs: v.optional(milliseconds(100)),
  warmupMs: v.optional(milliseconds()),
  launch: v.optional(
    v.strictObject({
      parallel: v.optional(wholeNumber(1)),
      readyTimeoutMs: v.optional(milliseconds(1)),
      backoff: v.optional(
        v.strictObject({ baseMs: v.optional(milliseconds(1)), capMs: v.optional(milliseconds(1)) }),
      ),
      stableMs: v.optional(milliseconds()),
    }),
  ),
  health: v.optional(
    v.strictObject({
      failureThreshold: v.optional(wholeNumber(1)),
      maxUnhealthyRatio: v.optional(finiteNumber(0, 1)),
    }),
  ),
  timeouts: v.optional(
    v.strictObject({
      listMs: v.optional(milliseconds(1)),
      sampleMs: v.optional(milliseconds(1)),
      probeMs: v.optional(milliseconds(1)),
      launchMs: v.optional(milliseconds(1)),
      terminateMs: v.optional(milliseconds(1)),
      balanceMs: v.optional(milliseconds(1)),
      storeMs: v.optional(milliseconds(1)),
    }),
  ),
  victims: v.optional(
    v.union(
      [v.picklist(victimPolicies), v.pipe(v.array(v.picklist(victimPolicies)), v.minLength(1, victimWords))],
      victimWords,
    ),
  ),
  balanceZones: v.optional(v.boolean()),
  busyMetric: v.optional(text()),
  store: v.optional(having<StateStore>('a state store', 'load', 'save')),
  dryRun: v.optional(v.boolean()),
  log: v.optional(v.union([recorder, v.array(recorder)], 'a decision log, or a list of them')),
  keepDecisions: v.optional(wholeNumber(1, 100_000)),
  logger: v.optional(having<Logger>('a logger', 'debug', 'info', 'warn', 'error')),
  clock: v.optional(having<Clock>('a clock', 'now', 'monotonic', 'sleep')),
  random: v.optional(func<() => number>()),
}

/** The options of a group, beside its name. */
export const groupSchema: v.GenericSchema<Omit<AutoscalerOptions, 'group'>> = v.strictObject(groupEntries)

const schema = v.strictObject({ group: name(), ...groupEntries })

/** The options with every default filled in. */
export interface FullOptions {
  /** As they came. */
  readonly given: AutoscalerOptions
  readonly group: string
  readonly min: number
  readonly max: number
  readonly desired: number | undefined
  readonly backend: Backend
  readonly balancer: LoadBalancer | undefined
  readonly probe: Probe | undefined
  readonly policies: readonly Policy[]
  readonly shadows: readonly Shadow[]
  readonly sources: readonly Metrics[]
  readonly behavior: FullBehavior
  readonly intervalMs: number
  readonly parallelLaunches: number
  readonly life: LifeLimits
  readonly timeouts: Timeouts
  readonly victims: readonly VictimPolicy[]
  readonly balanceZones: boolean
  readonly busyMetric: string
  readonly store: StateStore
  readonly dryRun: boolean
  readonly recorders: readonly DecisionRecorder[]
  readonly keepDecisions: number
  readonly logger: Logger
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Checks the options and fills in what was left out.
 *
 * @throws FlotillaError `invalid-options`
 */
export function fullOptions(given: AutoscalerOptions): FullOptions {
  checkOptions('Autoscaler', schema, given)
  const { min, max, desired, backend, balancer, launch = {}, health = {} } = given
  if (min > max) throw invalidOption('Autoscaler', 'min', min, `at most max (${max})`)
  if (desired !== undefined && (desired < min || desired > max)) {
    throw invalidOption('Autoscaler', 'desired', desired, `within min..max (${min}..${max})`)
  }
  const sources = sourcesOf(given)
  const policies = listOf(given.policy ?? defaultPolicy(sources))
  checkMetrics('policy', policies, sources)
  const busyMetric = given.busyMetric ?? defaults.busyMetric
  const limits = { ...defaults, ...definedOf(launch), ...definedOf(health) }
  const timeouts = { ...defaults.timeouts, ...definedOf(given.timeouts) }
  const backoff = {
    baseMs: defaults.backoffBaseMs,
    capMs: defaults.backoffCapMs,
    ...definedOf(launch.backoff),
  }
  return {
    given,
    group: given.group,
    min,
    max,
    desired,
    backend,
    balancer,
    probe: given.probe,
    policies,
    shadows: shadowsOf(given.shadow, given.behavior, sources),
    sources,
    behavior: behaviorFor(policies, given.behavior),
    intervalMs: given.intervalMs ?? defaults.intervalMs,
    parallelLaunches: limits.parallel,
    life: {
      warmupMs: given.warmupMs ?? defaults.warmupMs,
      readyTimeoutMs: limits.readyTimeoutMs,
      failureThreshold: limits.failureThreshold,
      maxUnhealthyRatio: limits.maxUnhealthyRatio,
      stableMs: limits.stableMs,
      lateMs: 2 * timeouts.launchMs,
      backoff,
      hasProbe: given.probe !== undefined,
      needsAddress: given.probe !== undefined || balancer !== undefined,
      backendChooses: !backend.supports.chooseVictim,
    },
    timeouts,
    victims: checkVictims(listOf(given.victims ?? defaults.victims), busyMetric, sources),
    balanceZones: given.balanceZones ?? defaults.balanceZones,
    busyMetric,
    store: given.store ?? memoryStore(),
    dryRun: given.dryRun ?? false,
    recorders: listOf(given.log ?? []),
    keepDecisions: given.keepDecisions ?? defaults.keepDecisions,
    logger: given.logger ?? warningsToConsole(given.group),
    clock: given.clock ?? systemClock,
    random: given.random ?? Math.random,
  }
}

function listOf<T extends object | string>(given: T | readonly T[]): readonly T[] {
  return Array.isArray(given) ? (given as readonly T[]) : [given as T]
}

/** An option given as undefined is an option left out. */
function definedOf<T extends object>(
  given: T | undefined,
): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(given ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> }
}
