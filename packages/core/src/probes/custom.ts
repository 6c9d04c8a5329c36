import * as v from 'valibot'
import { checkOptions } from '../options/check-options.js'
import * as check from '../options/checks.js'
import type { CallOptions } from '../async/deadline.js'
import { messageOf } from '../errors.js'
import { shortened, shown } from '../metrics/readings/shown.js'
import { boundProbe } from './probe-bound.js'
import type { Probe, ProbeResult, ProbeTarget } from './probe.js'
import { type Form, optionsForm } from '../options/form.js'

/** What a probe's function may say; nothing at all means healthy, as it did not throw. */
export type CustomProbeAnswer = boolean | ProbeResult | void

/** Options of `customProbe()`. */
export interface CustomProbeOptions {
  readonly name: string
  /** Has until the signal aborts. */
  readonly check: (
    target: ProbeTarget,
    options: CallOptions,
  ) => CustomProbeAnswer | Promise<CustomProbeAnswer>
  /** Bound of one check; default 2000. */
  readonly timeoutMs?: number | undefined
}

const schema = v.strictObject({
  name: check.text(),
  check: check.func<CustomProbeOptions['check']>(),
  timeoutMs: v.optional(check.milliseconds(1)),
})

const defaults = { timeoutMs: 2000 } as const

/**
 * Healthy when the caller's own function says so: true, nothing, or a result. What it throws is the reason that the
 * instance is not.
 *
 * @throws FlotillaError `invalid-options`
 */
export function customProbe(options: CustomProbeOptions): Probe {
  const { name, check: ask, timeoutMs = defaults.timeoutMs } = checkOptions('customProbe', schema, options)
  return {
    name,
    check: (target, call) =>
      boundProbe(
        async (signal) => resultFrom(await ask(target, { signal })),
        timeoutMs,
        call,
        (error) => shortened(messageOf(error), 300),
      ),
  }
}

function resultFrom(answer: unknown): ProbeResult {
  if (answer === true || answer === undefined) return { healthy: true }
  if (answer === false) return { healthy: false, reason: 'said no' }
  if (typeof answer === 'object' && answer !== null && 'healthy' in answer) {
    if (answer.healthy === true) return { healthy: true }
    const reason = 'reason' in answer && typeof answer.reason === 'string' ? answer.reason : 'said no'
    if (answer.healthy === false) return { healthy: false, reason: shortened(reason, 300) }
  }
  return { healthy: false, reason: `answered ${shown(answer)}, which is neither true, false nor a result` }
}

/** How `customProbe` is written in a file. */
export const customProbeForm: Form = optionsForm('a probe', 'customProbe', customProbe, schema)
