/**
 * For authors of backends, balancers and metric sources: what their code has in common. The contracts themselves
 * (`Backend`, `LoadBalancer`, `Metrics`, `Policy`) are exported by `@flotilla/core`, their suites by `@flotilla/core/testing`.
 *
 * @module
 */

// Options, checked at construction.
export * as check from './checks.js'
export { checkOptions, invalidOption, unknownOption } from './check-options.js'
export { behaviorFor, behaviorSchema, fullBehavior, type FullBehavior } from './decide/behavior.js'
export { missingRule } from './metrics/metric-options.js'

// Errors.
export { messageOf, toFlotillaError } from './errors.js'

// Readings.
export { resolveMissing, type MissingInput, type MissingOutput } from './metrics/missing.js'
export { absentReading, readingFrom } from './metrics/new-reading.js'
export { ReadingSet } from './metrics/reading-set.js'
export { sanitiseReadings, type CleanReadings, type RawReadings } from './metrics/sanitise.js'
export { hasFailed } from './policies/kit/evaluate.js'

// Calls: bounded, in parallel, in line, shared.
export { withDeadline, type Deadline } from './deadline.js'
export { inParallel } from './in-parallel.js'
export { untilAborted } from './until-aborted.js'
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
