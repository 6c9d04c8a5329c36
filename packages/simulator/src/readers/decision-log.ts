import type { DecisionTrace } from '@flotilla/core'
import { check, checkOptions } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { type Trace, newTrace } from '../trace.js'
import { linesOf } from './csv-line.js'
import { unreadable } from './failure.js'
import { Samples } from './samples.js'
import { epochOf } from './time-of.js'

/** Options of `readDecisionLog()`. */
export interface DecisionLogOptions {
  /** The metric that tells the load; default `http.request_rate`. */
  readonly metric?: string | undefined
  /**
   * Requests per second that one instance carries at a value of 1. Give it for a metric of instances, such as `cpu`: the
   * load is then the mean x the instances that gave a value x this.
   */
  readonly ratePerInstance?: number | undefined
  /** Whose decisions to read. Must be given for a log of several groups. */
  readonly group?: string | undefined
  /** Default: the log's own ticks. */
  readonly intervalMs?: number | undefined
  /** Default: the group's name. */
  readonly name?: string | undefined
  /** Told at the end how many lines are no decision (half a line of a crash, another file's), when there are any. */
  readonly onUnreadable?: ((unreadable: UnreadableLines) => void) | undefined
}

/** Lines of a log that were left out. */
export interface UnreadableLines {
  readonly count: number
  /** Number of the first, from 1. */
  readonly firstLine: number
}

const schema = v.strictObject({
  metric: v.optional(check.text()),
  ratePerInstance: v.optional(check.positiveNumber()),
  group: v.optional(check.text()),
  intervalMs: v.optional(check.milliseconds(1000)),
  name: v.optional(check.text()),
  onUnreadable: v.optional(check.func<(unreadable: UnreadableLines) => void>()),
})

const attempted = 'read a decision log'

/**
 * The load that a running group saw, from its decisions: what another policy would have done with it is then a matter of
 * `simulate`. A decision whose reading was missing keeps the value before. The load is what was offered only as far as
 * the metric tells it: CPU that is full says nothing of what waited.
 *
 * A line that is no decision is left out and counted: a crash leaves half a line, and the log is there to explain it.
 *
 * @param log - one `DecisionTrace` a line as JSON, or the traces themselves
 * @throws FlotillaError `invalid-reading` when no line is a decision, or several groups are in it and none was chosen;
 *   `invalid-options`
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
    onUnreadable,
  } = checkOptions('readDecisionLog', schema, options)
  const all = typeof log === 'string' ? parsedLines(log, onUnreadable) : log
  const group = options.group ?? onlyGroup(all)
  const samples = new Samples()
  for (const decision of all) {
    if (decision.group !== group) continue
    const summary = decision.metrics.find((one) => one.name === metric)
    if (summary?.mean === undefined) continue
    const load =
      ratePerInstance === undefined ? summary.mean : summary.mean * summary.presentCount * ratePerInstance
    const moment = epochOf(decision.at)
    if ('wrong' in moment) throw unreadable(attempted, `a decision has ${moment.wrong}`)
    samples.add(decision.at, Math.max(0, load))
  }
  if (samples.size === 0) {
    throw unreadable(attempted, `no decision of ${JSON.stringify(group)} has a value of ${metric}`)
  }
  const spacingMs = intervalMs ?? Math.max(1000, Math.round(samples.usualDistanceMs() / 1000) * 1000)
  const { startAt, values } = samples.resampled(attempted, spacingMs)
  return newTrace({ name: name ?? group, intervalMs: spacingMs, startAt, values })
}

function onlyGroup(decisions: readonly DecisionTrace[]): string {
  const groups = [...new Set(decisions.map(({ group }) => group))]
  const [first, second] = groups
  if (first === undefined) throw unreadable(attempted, 'it holds no decision')
  if (second === undefined) return first
  const names = groups.slice(0, 5).join(', ')
  throw unreadable(attempted, `it is of ${groups.length} groups (${names}); say which as group`)
}

function parsedLines(
  text: string,
  onUnreadable: DecisionLogOptions['onUnreadable'],
): readonly DecisionTrace[] {
  const decisions: DecisionTrace[] = []
  let count = 0
  let firstLine = 0
  for (const { line, number } of linesOf(text)) {
    const value = parsed(line)
    if (isDecision(value)) {
      decisions.push(value)
      continue
    }
    count += 1
    if (count === 1) firstLine = number
  }
  if (decisions.length === 0)
    throw unreadable(attempted, count === 0 ? 'it is empty' : 'no line is a decision')
  if (count > 0) onUnreadable?.({ count, firstLine })
  return decisions
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isDecision(value: unknown): value is DecisionTrace {
  if (typeof value !== 'object' || value === null) return false
  const { group, at, metrics } = value as Readonly<Record<string, unknown>>
  return typeof group === 'string' && typeof at === 'number' && Number.isFinite(at) && Array.isArray(metrics)
}
