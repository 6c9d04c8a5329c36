// #region function
import { customPolicy, type Json, type Policy, type Proposal } from '@flotilla/core'
import { check, checkOptions } from '@flotilla/core/authoring'
import * as v from 'valibot'

/** As many instances as a queue of jobs takes to be done within a minute, at two jobs a second for each. */
export const doneInAMinute = customPolicy({
  name: 'done in a minute',
  metrics: ['queue.length'],
  propose({ readings }) {
    const waiting = readings.ofGroup('queue.length')
    if (waiting?.kind !== 'value') {
      return { kind: 'cannot-tell', reason: waiting?.reason ?? 'nobody asked for queue.length' }
    }
    const count = Math.ceil(waiting.value / (2 * 60))
    return { kind: 'count', count, reason: `${waiting.value} jobs at 120 a minute for each` }
  },
})
// #endregion

// #region options
export interface DoneWithinOptions {
  /** A metric of the group: jobs that wait. */
  readonly metric: string
  /** What one instance gets done; above 0. */
  readonly jobsPerSecond: number
  /** In which all of them are to be done, milliseconds; at least 1. */
  readonly withinMs: number
  /** How long one instance stays when no job has waited any more, milliseconds; default 300,000. */
  readonly idleMs?: number | undefined
}

const schema = v.strictObject({
  metric: check.text(),
  jobsPerSecond: check.positiveNumber(),
  withinMs: check.milliseconds(1),
  idleMs: v.optional(check.milliseconds(), 300_000),
})
// #endregion

// #region policy
/**
 * As many instances as it takes to have all jobs done in time. The last one goes when no job has waited for `idleMs`.
 *
 * @throws FlotillaError `invalid-options`
 */
export function doneWithin(options: DoneWithinOptions): Policy {
  const { metric, jobsPerSecond, withinMs, idleMs } = checkOptions('doneWithin', schema, options)
  return {
    name: `doneWithin(${metric})`,
    metrics: [metric],
    evaluate({ readings, now, state }) {
      const waiting = readings.ofGroup(metric)
      if (waiting?.kind !== 'value') {
        const reason = `${metric} is missing: ${waiting?.reason ?? 'nobody asked for it'}`
        return { proposal: { kind: 'cannot-tell', reason }, ...(state === undefined ? {} : { state }) }
      }
      const jobs = Math.max(0, waiting.value)
      // Also the first time: whether a job waited just before is not known.
      const busyAt = jobs > 0 ? now : Math.min(busyTime(state) ?? now, now)
      return { proposal: propose(jobs, now - busyAt), state: { busyAt } }
    },
    // A clock that was set ahead must not make a minute of idling an hour.
    shiftState: (state, byMs) => {
      const busyAt = busyTime(state)
      return busyAt === undefined ? undefined : { busyAt: busyAt + byMs }
    },
  }

  function propose(jobs: number, idleForMs: number): Proposal {
    // A queue that says 1e300 is wrong, and a count still has to be a whole number.
    const count = Math.min(Math.ceil(jobs / ((jobsPerSecond * withinMs) / 1000)), Number.MAX_SAFE_INTEGER)
    if (count > 0) return { kind: 'count', count, reason: `${jobs} jobs within ${withinMs / 1000} s` }
    if (idleForMs < idleMs)
      return { kind: 'count', count: 1, reason: `no job waits since ${idleForMs / 1000} s` }
    return { kind: 'count', count: 0, reason: `no job has waited for ${idleMs / 1000} s` }
  }
}

/** What was stored may be of another version, or of another policy: anything at all. */
function busyTime(state: Json | undefined): number | undefined {
  const isRecord = typeof state === 'object' && state !== null && !Array.isArray(state)
  const busyAt = isRecord ? (state as Readonly<Record<string, Json>>)['busyAt'] : undefined
  return typeof busyAt === 'number' && Number.isFinite(busyAt) ? busyAt : undefined
}
// #endregion
