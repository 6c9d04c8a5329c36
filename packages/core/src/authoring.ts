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

// Errors.
export { messageOf, toFlotillaError } from './errors.js'

// Readings.
export { resolveMissing, type MissingInput, type MissingOutput } from './metrics/readings/missing.js'
export { absentReading, readingFrom } from './metrics/readings/new-reading.js'
export { ReadingSet } from './metrics/readings/reading-set.js'
export { sanitiseReadings, type CleanReadings, type RawReadings } from './metrics/readings/sanitise.js'
export { hasFailed } from './policies/kit/evaluate.js'

// Calls: bounded, in parallel, in line, shared.
export { withDeadline, type Deadline } from './async/deadline.js'
export { inParallel } from './async/in-parallel.js'
export { untilAborted } from './async/until-aborted.js'
export { groupBy } from './authoring/group-by.js'
export {
  InstanceCpuMeter,
  type InstanceCpuSample,
  type InstanceCpuUse,
} from './authoring/instance-cpu-meter.js'
export { KeyedQueue } from './async/keyed-queue.js'
export { lastLines, type LastLinesOptions } from './authoring/last-lines.js'
export { runCommand, type CommandOptions, type CommandResult } from './system/run-command.js'
export { settleSoonAfter } from './async/settle-soon-after.js'
export { SharedAnswer, type SharedAnswerOptions } from './async/shared-answer.js'
export { sharedSignal } from './async/shared-signal.js'
export { templateHash } from './authoring/template-hash.js'
