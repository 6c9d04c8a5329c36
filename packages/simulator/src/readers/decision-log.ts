import { type DecisionTrace, check, checkOptions, messageOf } from '@flotilla/core'
import * as v from 'valibot'
import { type Trace, newTrace } from '../trace.js'
import { unreadable } from './failure.js'
import { type Sample, checkSpan, resampled, usualDistanceMs } from './resample.js'

export interface DecisionLogOptions {
  /** The metric that tells the load; default `http.request_rate`. */
  readonly metric?: string | undefined
  /**
   * Requests per second that one instance carries at a value of 1. Give it for a metric of instances, such as `cpu`: the
   * load is then the mean x the instances that gave a value x this.
   */
  readonly ratePerInstance?: number | undefined
  /** Default: the log's own ticks. */
  readonly intervalMs?: number | undefined
  /** Default: the group's name. */
  readonly name?: string | undefined
}

const schema = v.strictObject({
  metric: v.optional(check.text()),
  ratePerInstance: v.optional(check.positiveNumber()),
  intervalMs: v.optional(check.milliseconds(1000)),
  name: v.optional(check.text()),
})

/**
 * The load that a running group saw, from its decisions: what another policy would have done with it is then a matter of
 * `simulate`. A decision whose reading was missing keeps the value before. The load is what was offered only as far as
 * the metric tells it: CPU that is full says nothing of what waited.
 *
 * @param log - one `DecisionTrace` a line as JSON, or the traces themselves; of one group
 * @throws FlotillaError `invalid-reading` naming the line; `invalid-options`
 */
export function readDecisionLog(
  log: string | readonly DecisionTrace[],
  options: DecisionLogOptions = {},
): Trace {
  const {
    metric = 'http.request_rate',
    ratePerInstance,
    intervalMs,
    name,
  } = checkOptions('readDecisionLog', schema, options)
  const decisions = typeof log === 'string' ? parsedLines(log) : log
  const samples: Sample[] = []
  for (const decision of decisions) {
    const summary = decision.metrics.find((one) => one.name === metric)
    if (summary?.mean === undefined) continue
    const load =
      ratePerInstance === undefined ? summary.mean : summary.mean * summary.presentCount * ratePerInstance
    samples.push({ at: decision.at, value: Math.max(0, load) })
  }
  if (samples.length === 0) throw unreadable('read a decision log', `no decision has a value of ${metric}`)
  const spacingMs = intervalMs ?? Math.max(1000, Math.round(usualDistanceMs(samples) / 1000) * 1000)
  checkSpan('read a decision log', samples, spacingMs)
  const { startAt, values } = resampled(samples, spacingMs)
  return newTrace({
    name: name ?? decisions[0]?.group ?? 'decisions',
    intervalMs: spacingMs,
    startAt,
    values,
  })
}

function parsedLines(text: string): readonly DecisionTrace[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      const decision = JSON.parse(line) as unknown
      if (isDecision(decision)) return [decision]
    } catch (error) {
      // A log that is still being written may end in half a line.
      if (index === lines.length - 1) return []
      throw unreadable('read a decision log', `line ${index + 1}: ${messageOf(error)}`)
    }
    throw unreadable('read a decision log', `line ${index + 1} is not a decision`)
  })
}

function isDecision(value: unknown): value is DecisionTrace {
  if (typeof value !== 'object' || value === null) return false
  const { at, metrics } = value as Readonly<Record<string, unknown>>
  return typeof at === 'number' && Number.isFinite(at) && Array.isArray(metrics)
}
