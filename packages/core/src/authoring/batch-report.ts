import { inParallel } from '../async/in-parallel.js'
import type { BatchReport } from '../backend.js'
import { toFlotillaError } from '../errors.js'

/** How a batch is worked through. */
export interface BatchOptions {
  /** For errors, before the id: `terminate`. */
  readonly what: string
  readonly signal: AbortSignal
  /** How many at a time; default 8. */
  readonly parallel?: number | undefined
}

/**
 * Does the same to each of these, each once, and reports which it was done to and which failed, why. One that fails does not hold
 * up the others.
 *
 * @param work - done when it resolves
 * @throws the signal's reason when that aborts
 */
export async function batchReport(
  ids: readonly string[],
  { what, signal, parallel = 8 }: BatchOptions,
  work: (id: string) => Promise<void>,
): Promise<BatchReport> {
  const done: string[] = []
  const failed: BatchReport['failed'][number][] = []
  await inParallel([...new Set(ids)], parallel, async (id) => {
    try {
      signal.throwIfAborted()
      await work(id)
      done.push(id)
    } catch (error) {
      signal.throwIfAborted()
      failed.push({ id, error: toFlotillaError(error, `${what} ${id}`) })
    }
  })
  return { done, failed }
}
