import type { PullProgress } from './docker-api.js'

/**
 * One line of the answer to a pull, as progress; undefined when it says nothing.
 *
 * @throws Error with the engine's own words: what fails after the first byte comes with status 200
 */
export function readPullLine(line: unknown): PullProgress | undefined {
  if (typeof line !== 'object' || line === null) return undefined
  const { error, status, id, progressDetail } = line as Record<string, unknown>
  if (typeof error === 'string') throw Object.assign(new Error(error), { statusCode: 500 })
  if (typeof status !== 'string') return undefined
  const { current, total } = (progressDetail ?? {}) as Record<string, unknown>
  return {
    status,
    layer: typeof id === 'string' ? id : undefined,
    currentBytes: typeof current === 'number' ? current : undefined,
    totalBytes: typeof total === 'number' ? total : undefined,
  }
}
