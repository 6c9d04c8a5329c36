import { withDeadline } from '../deadline.js'
import type { Instance } from '../model.js'
import type { FullOptions } from './full-options.js'
import type { GroupState } from './group-state.js'
import type { Problems } from './problems.js'

/** A launch that was cut off may show only now; after this many looks the group is told as it is. */
const mostRounds = 3
const pauseMs = 200

/**
 * Takes every instance out of the balancer, and ends all that are not protected and what was made ahead for the group.
 *
 * @returns those that are left, and why as `problems`
 */
export async function terminateAll(
  { group, backend, balancer, clock, timeouts }: FullOptions,
  { members }: GroupState,
  problems: Problems,
): Promise<readonly Instance[]> {
  const bounded = <T>(
    what: string,
    timeoutMs: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => withDeadline(work, { clock, timeoutMs, what })
  const isProtected = ({ id }: Instance): boolean => members.get(id)?.isProtected === true
  let left: readonly Instance[] = [...members.values()]
  try {
    if (balancer !== undefined) {
      const kept = left
        .filter(isProtected)
        .flatMap(({ id, address }) => (address === undefined ? [] : [{ id, ...address }]))
      await bounded('take all out of the balancer', timeouts.balanceMs, (signal) =>
        balancer.sync(kept, { signal }),
      )
    }
    for (let round = 0; round < mostRounds; round += 1) {
      left = await bounded(`list group ${group}`, timeouts.listMs, (signal) =>
        backend.list(group, { signal }),
      )
      const ids = left.filter((instance) => !isProtected(instance)).map(({ id }) => id)
      if (ids.length > 0) {
        const { failed } = await bounded(`terminate all of ${group}`, timeouts.terminateMs, (signal) =>
          backend.terminate(group, ids, { signal }),
        )
        for (const { id, error } of failed) problems.failed('terminate-failed', id, `terminate ${id}`, error)
      }
      if (round < mostRounds - 1) await clock.sleep(pauseMs)
    }
    left = await bounded(`list group ${group}`, timeouts.listMs, (signal) => backend.list(group, { signal }))
    await bounded(`end the warm pool of ${group}`, timeouts.terminateMs, async (signal) =>
      backend.endGroup?.(group, { signal }),
    )
    return left
  } catch (error) {
    problems.failed('terminate-failed', '', `terminate all of ${group}`, error)
    return left
  }
}
