import { invalidOption } from '../options/check-options.js'
import type { Policy } from './policy.js'
import { type Form, valueForm } from '../options/form.js'
import { wholeNumber } from '../options/checks.js'

/**
 * Always the same count: a floor inside `maxOf`, a ceiling inside `minOf`, a last resort at the end of `firstOf`.
 *
 * @param count - whole number >= 0
 * @throws FlotillaError `invalid-options`
 */
export function fixed(count: number): Policy {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw invalidOption('fixed', 'count', count, 'a whole number >= 0')
  }
  return {
    name: `fixed(${count})`,
    metrics: [],
    evaluate: () => ({ proposal: { kind: 'count', count, reason: `fixed at ${count}` } }),
  }
}

/** How `fixed` is written in a file. */
export const fixedForm: Form = valueForm('a policy', 'fixed', fixed, wholeNumber(0))
