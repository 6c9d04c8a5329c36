import * as v from 'valibot'
import { LibvirtError } from './libvirt-error.js'

/** A longer time does not fit a timer: Node would fire at once. */
export const timerMaxMs: number = 2 ** 31 - 1

export const wholeNumber = (least: number): v.GenericSchema<number> =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(timerMaxMs))

/**
 * The settings that options ask for: what is left out, or undefined, is the default.
 *
 * @throws LibvirtError `invalid-argument` that names the option
 */
export function checkSettings<TSettings extends object>(
  schema: v.GenericSchema,
  defaults: TSettings,
  options: Readonly<Partial<Record<keyof TSettings, unknown>>>,
): TSettings {
  const result = v.safeParse(schema, options)
  if (!result.success) {
    const [issue] = result.issues
    throw new LibvirtError(`option ${v.getDotPath(issue) ?? ''}: ${issue.message}`, {
      kind: 'invalid-argument',
    })
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return { ...defaults, ...given }
}
