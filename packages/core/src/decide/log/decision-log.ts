import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import { wholeNumber } from '../../options/checks.js'
import { explain } from './explain.js'
import type { Aftermath, DecisionTrace, StepName } from '../trace.js'
import { type Form, optionsForm } from '../../options/form.js'

/** One decision, and what became of it. */
export interface DecisionEntry {
  readonly trace: DecisionTrace
  readonly aftermath: readonly Aftermath[]
}

/** Which decisions to find; what is left out is not asked for. */
export interface DecisionQuery {
  readonly group?: string | undefined
  /** Not before, epoch milliseconds. */
  readonly from?: number | undefined
  /** Not after, epoch milliseconds. */
  readonly to?: number | undefined
  readonly outcome?: DecisionTrace['outcome'] | undefined
  /** The step that kept the group from what the policies wanted, `paused` among them; `any` for whichever. */
  readonly blockedBy?: StepName | 'any' | undefined
  /** At most so many, the newest; 100 by default. */
  readonly limit?: number | undefined
}

/**
 * Takes decisions and what then happened, from one group or several: what an Autoscaler's `log` may be. What it throws
 * disturbs nothing.
 */
export interface DecisionRecorder {
  /** Takes a decision. */
  readonly record: (trace: DecisionTrace) => void
  /** Takes what happened after the last decision of the group. */
  readonly note: (group: string, aftermath: Aftermath) => void
}

/**
 * The last decisions of one group, or of several, in memory. A note is dropped when the group has no decision that is
 * kept, or this one has 50 already.
 */
export interface DecisionLog extends DecisionRecorder {
  readonly size: number
  /** The decision that was in force at a time; undefined before the first that is kept. */
  readonly at: (time: number, group?: string) => DecisionEntry | undefined
  /** Those that match, the newest first. */
  readonly find: (query?: DecisionQuery) => readonly DecisionEntry[]
  /** The decision that was in force at a time, in words. */
  readonly explain: (time: number, group?: string) => string
}

/** Options of `decisionLog()`. */
export interface DecisionLogOptions {
  /** How many decisions are kept, of all groups together; 1000 by default, about four hours of one group at 15 s. */
  readonly keep?: number | undefined
}

const defaults = { keep: 1000, limit: 100 } as const

/** What happened to one decision; a replacement of a large group should not fill the memory. */
const mostAftermath = 50

const optionsSchema = v.strictObject({ keep: v.optional(wholeNumber(1, 1_000_000)) })

/**
 * Answers "why" and "why not" from the last decisions: by time, by direction, by what held the group back.
 *
 * It keeps the traces that it is given, a few kilobytes each, and drops the oldest.
 *
 * @throws FlotillaError `invalid-options`
 *
 * @example
 * ```ts
 * import { decisionLog } from '@flotilla/core'
 *
 * const log = decisionLog({ keep: 1000 }) // given to `new Autoscaler` as `log`
 * const why = log.explain(Date.now(), 'web')
 * const held = log.find({ group: 'web', blockedBy: 'any' })
 * ```
 */
export function decisionLog(options: DecisionLogOptions = {}): DecisionLog {
  const { keep = defaults.keep } = checkOptions('decisionLog', optionsSchema, options)
  /** A ring: once full, `next` is the oldest. */
  const ring: Kept[] = []
  let next = 0
  /** By group, of those that are in the ring. */
  const latest = new Map<string, Kept>()

  const newestFirst = function* (): Generator<Kept> {
    for (let back = 1; back <= ring.length; back += 1) {
      const kept = ring[(next - back + ring.length) % ring.length]
      if (kept !== undefined) yield kept
    }
  }
  const firstOf = (wanted: (kept: Kept) => boolean): Kept | undefined => {
    for (const kept of newestFirst()) if (wanted(kept)) return kept
    return undefined
  }
  const at = (time: number, group?: string): DecisionEntry | undefined =>
    firstOf(({ trace }) => trace.at <= time && isOf(trace, group))

  return {
    record: (trace) => {
      const dropped = ring[next]
      if (dropped !== undefined && latest.get(dropped.trace.group) === dropped) {
        latest.delete(dropped.trace.group)
      }
      const kept = { trace, aftermath: [] }
      ring[next] = kept
      latest.set(trace.group, kept)
      next = (next + 1) % keep
    },
    note: (group, aftermath) => {
      const last = latest.get(group)
      if (last !== undefined && last.aftermath.length < mostAftermath) last.aftermath.push(aftermath)
    },
    get size() {
      return ring.length
    },
    at,
    find: (query = {}) => {
      const found: DecisionEntry[] = []
      for (const kept of newestFirst()) {
        if (found.length >= (query.limit ?? defaults.limit)) break
        if (matches(kept.trace, query)) found.push(kept)
      }
      return found
    },
    explain: (time, group) => {
      const entry = at(time, group)
      if (entry !== undefined) return explain(entry.trace, entry.aftermath)
      const whose = group === undefined ? '' : ` of ${group}`
      return `No decision${whose} is known from ${new Date(time).toISOString()} or before.`
    },
  }
}

interface Kept extends DecisionEntry {
  readonly aftermath: Aftermath[]
}

const isOf = (trace: DecisionTrace, group: string | undefined): boolean =>
  group === undefined || trace.group === group

function matches(trace: DecisionTrace, { group, from, to, outcome, blockedBy }: DecisionQuery): boolean {
  if (!isOf(trace, group)) return false
  if (from !== undefined && trace.at < from) return false
  if (to !== undefined && trace.at > to) return false
  if (outcome !== undefined && trace.outcome !== outcome) return false
  if (blockedBy === undefined) return true
  return blockedBy === 'any' ? trace.limitedBy !== undefined : trace.limitedBy === blockedBy
}

/** How `decisionLog` is written in a file. */
export const decisionLogForm: Form = optionsForm('a decision log', 'decisionLog', decisionLog, optionsSchema)
