import { FlotillaError } from '@flotilla/core'

/** A trace that cannot be read: what was read, and what is wrong with it. */
export function unreadable(what: string, why: string): FlotillaError {
  return new FlotillaError('invalid-reading', `${what}: ${why}`)
}
