import { FlotillaError } from '@flotilla/core'

/** What a promise rejects with, which must be an error of ours. */
export async function thrownBy(work: Promise<unknown>): Promise<FlotillaError> {
  const error: unknown = await work.then(
    () => new Error('it should reject, and templateIds'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof FlotillaError) return error
  throw error
}
