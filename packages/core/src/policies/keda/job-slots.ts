import * as v from 'valibot'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import { finiteNumber, text, wholeNumber } from '../../options/checks.js'
import type { Policy, PolicyInput } from '../policy.js'
import { brief, roundUp, viewMetric, wholeCount } from '../kit/read.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `jobSlots()`. */
export interface JobSlotsOptions {
  /** Slots that run a job: a metric of the group, or what each instance says of its own. */
  readonly inUse: string
  /** Slots promised to jobs that have not started, likewise. */
  readonly reserved?: string | undefined
  /** Slots that are there and cannot be used, likewise. */
  readonly unavailable?: string | undefined
  /** Jobs that one instance runs at once. */
  readonly slotsPerInstance: number
  /** Slots kept free; 0 by default. */
  readonly idleCount?: number | undefined
  /** Slots kept free for each in use, where that is more than `idleCount`; 0 by default. */
  readonly scaleFactor?: number | undefined
  /** Most slots that `scaleFactor` keeps free; 0, the default, for no limit. */
  readonly scaleFactorLimit?: number | undefined
}

const schema = v.strictObject({
  inUse: text(),
  reserved: v.optional(text()),
  unavailable: v.optional(text()),
  slotsPerInstance: wholeNumber(1),
  idleCount: v.optional(wholeNumber(0)),
  scaleFactor: v.optional(finiteNumber(0)),
  scaleFactorLimit: v.optional(wholeNumber(0)),
})

/**
 * Enough instances for the jobs that run, those promised, and some slots free: the rule of GitLab's taskscaler.
 *
 * (in use + reserved + unavailable + idle) / slots per instance, rounded up, where idle is `idleCount`, or the share
 * `scaleFactor` of those in use if that is more. An instance that runs and does not say how many it uses counts as full.
 * Which instances go is not decided here: give the group's `busyMetric` the same metric, so that the idle ones do.
 *
 * @throws FlotillaError `invalid-options`, also for a limit under `idleCount`
 * @see https://docs.gitlab.com/runner/configuration/advanced-configuration/#the-runnersautoscalerpolicy-sections
 */
export function jobSlots(options: JobSlotsOptions): Policy {
  const given = checkOptions('jobSlots', schema, options)
  const { inUse, reserved, unavailable, slotsPerInstance } = given
  const { idleCount = 0, scaleFactor = 0, scaleFactorLimit = 0 } = given
  if (scaleFactorLimit > 0 && scaleFactorLimit < idleCount) {
    throw invalidOption(
      'jobSlots',
      'scaleFactorLimit',
      scaleFactorLimit,
      `0, or at least idleCount (${idleCount})`,
    )
  }
  const metrics = [
    ...new Set([inUse, reserved, unavailable].filter((metric): metric is string => metric !== undefined)),
  ]

  const idleFor = (used: number): number => {
    const share = Math.max(idleCount, roundUp(scaleFactor * used))
    if (scaleFactor === 0 || scaleFactorLimit === 0) return share
    return Math.min(share, scaleFactorLimit)
  }

  return {
    name: `jobSlots(${inUse} ${slotsPerInstance} an instance)`,
    metrics,
    evaluate(input) {
      const sums = [inUse, reserved, unavailable].map((metric) => sumOf(metric, input, slotsPerInstance))
      const absent = sums.find((sum) => typeof sum === 'string')
      if (typeof absent === 'string') return { proposal: { kind: 'cannot-tell', reason: absent } }
      const [used = 0, promised = 0, lost = 0] = sums as readonly number[]
      const idle = idleFor(used)
      const needed = used + promised + lost + idle
      const count = wholeCount(roundUp(needed / slotsPerInstance))
      const slots = `${brief(used)} in use + ${brief(promised)} reserved + ${brief(lost)} unavailable + ${brief(idle)} idle`
      const reason = `${slots} = ${brief(needed)} slots at ${slotsPerInstance} an instance: ${count}`
      return { proposal: { kind: 'count', count, reason } }
    },
  }
}

/** A metric over the whole group, or why it is not known. Below zero is none. */
function sumOf(
  metric: string | undefined,
  { readings, observation }: PolicyInput,
  slotsPerInstance: number,
): number | string {
  if (metric === undefined) return 0
  const view = viewMetric(metric, readings, observation, 'counted')
  switch (view.of) {
    case 'nothing':
      return view.reason
    case 'group':
      return Math.max(0, view.reading.value)
    case 'instances': {
      const { ready, missingCount } = view.values
      return ready.reduce((sum, value) => sum + Math.max(0, value), missingCount * slotsPerInstance)
    }
  }
}

/** How `jobSlots` is written in a file. */
export const jobSlotsForm: Form = optionsForm('a policy', 'jobSlots', jobSlots, schema)
