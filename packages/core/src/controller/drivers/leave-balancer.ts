import type { BalancerMember } from '../../balancer.js'
import { withDeadline } from '../../async/deadline.js'
import { toFlotillaError } from '../../errors.js'
import type { FullOptions } from '../options/full-options.js'
import { retryDelayMs } from '../life/launch-backoff.js'
import type { Problems } from '../telling/problems.js'

const mostTries = 3

/**
 * Leaves only `kept` in the balancer, and waits for the drains of the others. A balancer that cannot be reached, or has not
 * let go of them within `drainMs`, is told as a problem: a group must not outlive its end because its front is gone.
 */
export async function leaveBalancer(
  { balancer, clock, group }: Pick<FullOptions, 'balancer' | 'clock' | 'group'>,
  kept: readonly BalancerMember[],
  drainMs: number,
  problems: Problems,
): Promise<void> {
  if (balancer === undefined) return
  const what = `take group ${group} out of ${balancer.name}`
  const endMs = clock.monotonic() + drainMs
  for (let attempt = 1; ; attempt += 1) {
    const leftMs = endMs - clock.monotonic()
    try {
      const timeoutMs = Math.max(1, leftMs)
      await withDeadline((signal) => balancer.sync(kept, { signal }), { clock, timeoutMs, what })
      problems.over('balance-failed', '')
      return
    } catch (error) {
      const waitMs = retryDelayMs(attempt)
      const isFinal = attempt >= mostTries || !toFlotillaError(error, what).retryable
      if (isFinal || clock.monotonic() + waitMs >= endMs) {
        problems.failed('balance-failed', '', `${what}; its instances are ended all the same`, error)
        return
      }
      await clock.sleep(waitMs)
    }
  }
}
