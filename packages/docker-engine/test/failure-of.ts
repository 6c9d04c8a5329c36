import { FlotillaError } from '@flotilla/core'

/** The error that a call throws. */
export function failureOf(work: () => unknown): FlotillaError {
  try {
    work()
  } catch (error) {
    if (error instanceof FlotillaError) return error
    throw error
  }
  throw new Error('it should have failed')
}
