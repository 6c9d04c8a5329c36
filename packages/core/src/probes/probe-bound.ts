import { systemClock } from '../clock.js'
import { withDeadline, type CallOptions } from '../async/deadline.js'
import { FlotillaError } from '../errors.js'
import type { ProbeResult } from './probe.js'

/**
 * The result of `work`, or an unhealthy one when it takes too long or fails.
 *
 * @param reasonOf - what to say of a failure
 * @throws only the signal's own reason
 */
export async function boundProbe(
  work: (signal: AbortSignal) => Promise<ProbeResult>,
  timeoutMs: number,
  { signal }: CallOptions,
  reasonOf: (error: unknown) => string,
): Promise<ProbeResult> {
  const late = { healthy: false, reason: `no answer within ${timeoutMs} ms` } as const
  const bounded = async (inner: AbortSignal): Promise<ProbeResult> => {
    try {
      return await work(inner)
    } catch (error) {
      if (inner.aborted) throw inner.reason
      return { healthy: false, reason: reasonOf(error) }
    }
  }
  try {
    return await withDeadline(bounded, { clock: systemClock, timeoutMs, what: 'probe', signal })
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof FlotillaError && error.code === 'timeout') return late
    throw error
  }
}
