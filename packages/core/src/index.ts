export type { Json } from './json.js'
export { FlotillaError, messageOf, toFlotillaError, type ErrorCode, type ErrorFacts } from './errors.js'
export { systemClock, type Clock, type SleepOptions } from './clock.js'
export { withDeadline, type CallOptions, type Deadline } from './deadline.js'
export { untilAborted } from './until-aborted.js'
export { inParallel } from './in-parallel.js'
export { silentLogger, warningsToConsole, type Logger } from './logger.js'
export { checkOptions, invalidOption, unknownOption } from './check-options.js'
export * as check from './checks.js'

export * from './model.js'
export type * from './backend.js'
export type * from './balancer.js'

export * from './metrics/metrics.js'
export { missingRule } from './metrics/metric-options.js'
export { ReadingSet } from './metrics/reading-set.js'
export { customMetric, type CustomMetricOptions, type CustomValue } from './metrics/custom.js'
export { hostMetrics, type HostMetricsOptions } from './metrics/host.js'
export {
  httpJson,
  type HttpJsonOfGroup,
  type HttpJsonOfInstances,
  type HttpJsonOptions,
} from './metrics/http-json.js'
export { resolveMissing, type MissingInput, type MissingOutput } from './metrics/missing.js'
export { prometheus, type PrometheusOptions } from './metrics/prometheus.js'
export { sanitiseReadings, type CleanReadings, type RawReadings } from './metrics/sanitise.js'
export { usageMetrics, type UsageMetricsOptions } from './metrics/usage.js'
export type { HttpOptions } from './http/http-options.js'

export type { Probe, ProbeResult, ProbeTarget } from './probes/probe.js'
export { customProbe, type CustomProbeAnswer, type CustomProbeOptions } from './probes/custom.js'
export { httpProbe, type ExpectedStatus, type HttpProbeOptions } from './probes/http.js'
export { tcpProbe, type TcpProbeOptions } from './probes/tcp.js'

export type * from './policies/policy.js'
export { hasFailed } from './policies/evaluate.js'
export { activation, type ActivationOptions } from './policies/activation.js'
export { adaptive, type AdaptiveOptions } from './policies/adaptive.js'
export { all } from './policies/all.js'
export { any } from './policies/any.js'
export type { AdjustmentKind } from './policies/adjustment.js'
export { awsMerge, type AwsMergeOptions } from './policies/aws-merge.js'
export { backlog, type BacklogOptions } from './policies/backlog.js'
export { byPriority, type PrioritizedPart } from './policies/by-priority.js'
export { firstOf, maxOf, minOf } from './policies/combine.js'
export { customPolicy, type CustomPolicyOptions } from './policies/custom.js'
export { dampen } from './policies/dampen.js'
export { fallback, type FallbackOptions } from './policies/fallback.js'
export { fixed } from './policies/fixed.js'
export { formula, type FormulaOptions } from './policies/formula.js'
export type { NamedMetrics } from './policies/formula-value.js'
export { jobSlots, type JobSlotsOptions } from './policies/job-slots.js'
export { nomadMerge } from './policies/nomad-merge.js'
export { passThrough, type PassThroughOptions } from './policies/pass-through.js'
export { during, scheduled, type ScheduledOptions, type TimeWindow } from './policies/schedule.js'
export type { ScheduledAction } from './policies/action-times.js'
export { scheduledActions } from './policies/scheduled-actions.js'
export { simpleScaling, type SimpleScalingOptions } from './policies/simple-scaling.js'
export type { ScalingStep } from './policies/scaling-steps.js'
export { stepScaling, type StepScalingOptions } from './policies/step-scaling.js'
export { targetTracking, type TargetTrackingOptions } from './policies/target-tracking.js'
export { targetValue, type TargetValueOptions } from './policies/target-value.js'
export { threshold, type ThresholdOptions } from './policies/threshold.js'
export { weighted, type WeightedPart } from './policies/weighted.js'
export { whenBlind, type BlindRule, type WhenBlindOptions } from './policies/when-blind.js'
export { windowThreshold, type WindowThresholdOptions } from './policies/window-threshold.js'

export type { Behavior, DirectionBehavior, FullBehavior, RateRule } from './decide/behavior.js'
export { behaviorDefaults, behaviorFor, behaviorSchema, fullBehavior, undamped } from './decide/behavior.js'
export type { DampingState } from './decide/damping.js'
export { decide, type DecideOptions, type Decision, type DecisionState } from './decide/decide.js'
export {
  decisionLog,
  type Aftermath,
  type DecisionEntry,
  type DecisionLog,
  type DecisionLogOptions,
  type DecisionQuery,
  type DecisionRecorder,
} from './decide/decision-log.js'
export {
  decisionLogFile,
  type DecisionLogFile,
  type DecisionLogFileOptions,
} from './decide/decision-log-file.js'
export { explain } from './decide/explain.js'
export { replayDecisions, type ReplayedDecisions } from './decide/replay-decisions.js'
export type { DecisionStep, DecisionTrace, MetricSummary, ShadowTrace, StepName } from './decide/trace.js'

export type { Lease, LeaseHolder, LoadedState, SaveOptions, StateStore } from './state/store.js'
export { fileStore, type FileStoreOptions } from './state/file-store.js'
export { memoryStore } from './state/memory-store.js'

export { Autoscaler, type StartOptions, type StopOptions } from './controller/autoscaler.js'
export type { LifecycleChange } from './controller/advance.js'
export type { AutoscalerEvents, EventName, ListenOptions, Problem, ProblemKind } from './controller/events.js'
export type { StandingProblem } from './controller/problems.js'
export type { Process } from './controller/group-state.js'
export type { GroupOwner } from './controller/ownership.js'
export type { GroupStatus, ShownInstance } from './controller/group-status.js'
export type { AutoscalerOptions, HealthOptions, LaunchOptions, TimeoutOptions } from './controller/options.js'
export type { ShadowOptions } from './controller/shadow-options.js'
export type { VictimPolicy } from './controller/victims.js'

// What authors of backends share.
export { groupBy } from './sharing/group-by.js'
export {
  InstanceCpuMeter,
  type InstanceCpuSample,
  type InstanceCpuUse,
} from './sharing/instance-cpu-meter.js'
export { KeyedQueue } from './sharing/keyed-queue.js'
export { lastLines, type LastLinesOptions } from './sharing/last-lines.js'
export { runCommand, type CommandOptions, type CommandResult } from './sharing/run-command.js'
export { settleSoonAfter } from './sharing/settle-soon-after.js'
export { SharedAnswer, type SharedAnswerOptions } from './sharing/shared-answer.js'
export { sharedSignal } from './sharing/shared-signal.js'
export { templateHash } from './sharing/template-hash.js'
