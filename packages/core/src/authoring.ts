/**
 * For authors of backends, balancers and metric sources: what their code has in common. The contracts themselves
 * (`Backend`, `LoadBalancer`, `Metrics`, `Policy`) are exported by `@flotilla/core`, their suites by `@flotilla/core/testing`.
 *
 * @module
 */

// Options, checked at construction.
export * as check from './options/checks.js'
export { checkOptions, invalidOption, optionErrors, unknownOption } from './options/check-options.js'
export { didYouMean } from './options/did-you-mean.js'
export {
  besideForm,
  listForm,
  optionsForm,
  valueForm,
  type Contract,
  type Form,
  type FormContext,
} from './options/form.js'
export { behaviorFor, behaviorSchema, fullBehavior, type FullBehavior } from './decide/behavior.js'
export { missingRule } from './metrics/metric-options.js'

// The calls of a backend or balancer: checked, refused after `close`, answered when their caller gives up.
export { CallGuard } from './authoring/call-guard.js'
export { checkGroup, checkLaunch } from './authoring/check-calls.js'
export { batchReport, type BatchOptions } from './authoring/batch-report.js'
export { ProblemBook } from './authoring/problem-book.js'
export { disposable, type Closable } from './async/disposable.js'
export { BackgroundWork, type BackgroundWorkOptions } from './async/background-work.js'

// Errors.
export { messageOf, toFlotillaError } from './errors.js'
export { errnoOf, systemFailure, unlessMissing, type SystemFailureOptions } from './system/system-failure.js'

// What stands on an instance, and what it says.
export { groupBy } from './authoring/group-by.js'
export { lastLines, type LastLinesOptions } from './authoring/last-lines.js'
export { templateHash } from './authoring/template-hash.js'
export {
  InstanceCpuMeter,
  type InstanceCpuSample,
  type InstanceCpuUse,
} from './authoring/instance-cpu-meter.js'

// Members of a balancer.
export { checkMembers, type CheckedMember, type MemberRules } from './authoring/check-members.js'
export { hostCheck, isHostName } from './authoring/host-name.js'
export { wholeWeights } from './authoring/whole-weights.js'

// Machines made ahead of need.
export {
  warmPoolBootMs,
  warmPoolEntries,
  type WarmPoolEntries,
  type WarmPoolOptions,
} from './authoring/warm-pool/options.js'
export { planWarmPool, type SpareFacts, type WarmPoolPlan } from './authoring/warm-pool/plan.js'
export { WarmPoolKeeper, type WarmPoolKeeperOptions } from './authoring/warm-pool/keeper.js'

// Readings.
export { absentReading, readingFrom, type ReadingOf } from './metrics/readings/new-reading.js'
export { ReadingSet } from './metrics/readings/reading-set.js'
export { resolveMissing, type MissingInput, type MissingOutput } from './metrics/readings/missing.js'
export { sanitiseReadings, type CleanReadings, type RawReadings } from './metrics/readings/sanitise.js'
export { hasFailed } from './policies/kit/evaluate.js'

// Asynchronous work: bounded, in parallel, in line, shared.
export { BoundedQueue, type BoundedQueueOptions } from './async/bounded-queue.js'
export { inParallel } from './async/in-parallel.js'
export { KeyedQueue } from './async/keyed-queue.js'
export { settleSoonAfter } from './async/settle-soon-after.js'
export { SharedAnswer, type SharedAnswerOptions } from './async/shared-answer.js'
export { sharedSignal } from './async/shared-signal.js'
export { untilAborted } from './async/until-aborted.js'
export { withDeadline, type Deadline } from './async/deadline.js'

// This host: files, processes, commands, HTTP.
export {
  createAtomically,
  sweepTemporary,
  syncDirectory,
  writeAtomically,
  type AtomicWriteOptions,
} from './system/atomic-write.js'
export { makeDirectory } from './system/make-directory.js'
export { parseProcStat, readProcStat, type ProcStat } from './system/proc-stat.js'
export { runCommand, type CommandOptions, type CommandResult } from './system/run-command.js'
export { boundedRequest, BrokenAnswer, type BoundedRequest, type HttpAnswer } from './http/bounded-request.js'
