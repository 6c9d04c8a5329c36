import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import { positiveNumber, text } from '../../options/checks.js'
import { comparedWith } from '../kit/declared.js'
import type { Policy } from '../policy.js'
import { targetTracking } from '../kubernetes/target-tracking.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `backlog()`. */
export interface BacklogOptions {
  /** A metric of the whole group: jobs waiting, messages in a queue. */
  readonly metric: string
  /** How much of it one instance should have before it. AWS's advice: acceptable latency / time per message. */
  readonly perInstance: number
}

const schema = v.strictObject({ metric: text(), perInstance: positiveNumber() })

/**
 * Enough instances for the work that waits: backlog / `perInstance`, rounded up, from zero and to zero.
 *
 * @throws FlotillaError `invalid-options`
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-using-sqs-queue.html
 *
 * @example
 * ```ts
 * import { backlog } from '@flotilla/core'
 *
 * // A job takes 0.1 s, and may wait 10 s: 100 jobs for each instance.
 * const policy = backlog({ metric: 'queue.length', perInstance: 100 })
 * ```
 */
export function backlog(options: BacklogOptions): Policy {
  const { metric, perInstance } = checkOptions('backlog', schema, options)
  return {
    ...targetTracking({ metric, target: perInstance, type: 'average', tolerance: 0 }),
    ...comparedWith('backlog', metric, { perInstance }),
    name: `backlog(${metric} ${perInstance} an instance)`,
  }
}

/** How `backlog` is written in a file. */
export const backlogForm: Form = optionsForm('a policy', 'backlog', backlog, schema)
