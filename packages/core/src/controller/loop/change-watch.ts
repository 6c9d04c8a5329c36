import type { Backend, InstanceChange } from '../../backend.js'
import type { Clock } from '../../clock.js'
import { retryDelayMs } from '../life/launch-backoff.js'
import type { Problems } from '../telling/problems.js'

export interface ChangeWatchOptions {
  readonly backend: Backend
  readonly group: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly problems: Problems
  /** Something may have changed: list again. */
  readonly onChange: (change?: InstanceChange) => void
}

/** One that has not broken off for so long stands, also while nothing changes. */
const holdsMs = 10_000

/** Follows the backend's changes until the signal aborts, and takes up again, with a growing wait, when they break off. */
export async function watchChanges(options: ChangeWatchOptions): Promise<void> {
  const { backend, group, clock, signal, problems, onChange } = options
  if (backend.watch === undefined) return
  const what = `watch group ${group}`
  for (let attempts = 1; !signal.aborted; attempts += 1) {
    const end = new AbortController()
    const either = AbortSignal.any([signal, end.signal])
    const holds = (): void => {
      attempts = 1
      problems.over('watch-failed', '')
    }
    clock.sleep(holdsMs, { signal: either }).then(holds, () => {})
    try {
      for await (const change of backend.watch(group, { signal })) {
        holds()
        onChange(change)
      }
      if (!signal.aborted) problems.stands('watch-failed', '', `${what}: it ended by itself`)
    } catch (error) {
      if (!signal.aborted) problems.failed('watch-failed', '', what, error)
    } finally {
      end.abort('over')
    }
    try {
      await clock.sleep(retryDelayMs(attempts), { signal })
    } catch {
      return
    }
    // What happened while nobody watched is found by listing.
    onChange()
  }
}
