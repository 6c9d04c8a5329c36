import type { FlotillaError } from '@flotilla/core'
import { numberForm } from '../values/read-text.js'

/**
 * An error of an option in the words of a file: without the constructor and the option's name, which the place says, and
 * with the way in which a number with a unit may be written.
 */
export function optionWords(constructor: string, { message, field = '', value }: FlotillaError): string {
  const label = field === '' ? constructor : `${constructor}: ${field}`
  const words = message.startsWith(`${label} `) ? message.slice(label.length + 1) : message
  if (value === undefined) return words.replace(/, got undefined$/, '; it is missing')
  const form = typeof value === 'string' ? numberForm(field, words) : undefined
  return form === undefined ? words : words.replace(/, got /, `; or ${form}, got `)
}
