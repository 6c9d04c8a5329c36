export type { Json } from './json.js'
export { FlotillaError, type ErrorCode, type ErrorFacts } from './errors.js'
export type { CallOptions } from './async/deadline.js'
export { systemClock, type Clock, type SleepOptions } from './clock.js'
export { silentLogger, warningsToConsole, type Logger } from './logger.js'

export * from './model.js'
export type * from './backend.js'
export type * from './balancer.js'

export * from './metrics/metrics.js'
export { customMetric, type CustomMetricOptions, type CustomValue } from './metrics/custom.js'
export { hostMetrics, type HostMetricsOptions } from './metrics/host/host.js'
export {
  httpJson,
  type HttpJsonOfGroup,
  type HttpJsonOfInstances,
  type HttpJsonOptions,
} from './metrics/http-json/http-json.js'
export { prometheus, type PrometheusOptions } from './metrics/prometheus/prometheus.js'
export { usageMetrics, type UsageMetricsOptions } from './metrics/usage.js'
export type { HttpOptions } from './http/http-options.js'

export type { Probe, ProbeResult, ProbeTarget } from './probes/probe.js'
export { customProbe, type CustomProbeAnswer, type CustomProbeOptions } from './probes/custom.js'
export { httpProbe, type ExpectedStatus, type HttpProbeOptions } from './probes/http.js'
export { tcpProbe, type TcpProbeOptions } from './probes/tcp.js'

export type * from './policies/policy.js'
export { activation, type ActivationOptions } from './policies/keda/activation.js'
export { adaptive, type AdaptiveOptions } from './policies/adaptive/adaptive.js'
export { all } from './policies/combine/all.js'
export { any } from './policies/combine/any.js'
export type { AdjustmentKind } from './policies/aws/adjustment.js'
export { awsMerge, type AwsMergeOptions } from './policies/aws/aws-merge.js'
export { backlog, type BacklogOptions } from './policies/aws/backlog.js'
export { byPriority, type PrioritizedPart } from './policies/combine/by-priority.js'
export { firstOf, maxOf, minOf } from './policies/combine/combine.js'
export { customPolicy, type CustomPolicyOptions } from './policies/custom.js'
export { dampen } from './policies/combine/dampen.js'
export { fallback, type FallbackOptions } from './policies/keda/fallback.js'
export { fixed } from './policies/fixed.js'
export { formula, type FormulaOptions } from './policies/keda/formula.js'
export type { NamedMetrics } from './policies/keda/formula-value.js'
export { jobSlots, type JobSlotsOptions } from './policies/keda/job-slots.js'
export { nomadMerge } from './policies/nomad/nomad-merge.js'
export { passThrough, type PassThroughOptions } from './policies/nomad/pass-through.js'
export { during, scheduled, type ScheduledOptions, type TimeWindow } from './policies/schedule/schedule.js'
export type { ScheduledAction } from './policies/schedule/action-times.js'
export { scheduledActions } from './policies/schedule/scheduled-actions.js'
export { simpleScaling, type SimpleScalingOptions } from './policies/aws/simple-scaling.js'
export type { ScalingStep } from './policies/aws/scaling-steps.js'
export { stepScaling, type StepScalingOptions } from './policies/aws/step-scaling.js'
export { targetTracking, type TargetTrackingOptions } from './policies/kubernetes/target-tracking.js'
export { targetValue, type TargetValueOptions } from './policies/nomad/target-value.js'
export { threshold, type ThresholdOptions } from './policies/threshold.js'
export { weighted, type WeightedPart } from './policies/combine/weighted.js'
export { whenBlind, type BlindRule, type WhenBlindOptions } from './policies/combine/when-blind.js'
export { windowThreshold, type WindowThresholdOptions } from './policies/nomad/window-threshold.js'

export {
  behaviorDefaults,
  undamped,
  type Behavior,
  type DirectionBehavior,
  type RateRule,
} from './decide/behavior.js'
export type { DampingState } from './decide/damping.js'
export { decide, type DecideOptions, type Decision, type DecisionState } from './decide/decide.js'
export {
  decisionLog,
  type DecisionEntry,
  type DecisionLog,
  type DecisionLogOptions,
  type DecisionQuery,
  type DecisionRecorder,
} from './decide/log/decision-log.js'
export { type Aftermath } from './decide/trace.js'
export {
  decisionLogFile,
  type DecisionLogFile,
  type DecisionLogFileOptions,
} from './decide/log/decision-log-file.js'
export { explain } from './decide/log/explain.js'
export { replayDecisions, type ReplayedDecisions } from './decide/log/replay-decisions.js'
export type { DecisionStep, DecisionTrace, MetricSummary, ShadowTrace, StepName } from './decide/trace.js'

export type { Lease, LeaseHolder, LoadedState, SaveOptions, StateStore } from './state/store.js'
export { fileStore, type FileStoreOptions } from './state/file/file-store.js'
export { memoryStore } from './state/memory-store.js'

export { Autoscaler } from './controller/autoscaler.js'
export type { StartOptions, StopOptions } from './controller/options/run-options.js'
export type { LifecycleChange } from './controller/life/advance.js'
export type {
  AutoscalerEvents,
  EventName,
  ListenOptions,
  Problem,
  ProblemKind,
} from './controller/telling/events.js'
export type { StandingProblem } from './controller/telling/problems.js'
export type { Process } from './controller/life/group-state.js'
export type { GroupOwner } from './controller/ownership/ownership.js'
export type { GroupStatus, ShownInstance } from './controller/telling/group-status.js'
export type {
  AutoscalerOptions,
  HealthOptions,
  LaunchOptions,
  TimeoutOptions,
} from './controller/options/options.js'
export type { ShadowOptions } from './controller/shadows/shadow-options.js'
export type { VictimPolicy } from './controller/victims/victim-policy.js'
