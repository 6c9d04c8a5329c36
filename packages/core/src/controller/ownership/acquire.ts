import { withDeadline } from '../../async/deadline.js'
import { type ErrorCode, FlotillaError } from '../../errors.js'
import { acquireHostLease } from '../../state/lease/host-lease.js'
import type { Lease } from '../../state/store.js'
import type { FullOptions } from '../options/full-options.js'
import type { Problems } from '../telling/problems.js'

/** Failures of a store at the start that no waiting mends. */
const fatalCodes: ReadonlySet<ErrorCode> = new Set(['closed', 'conflict', 'unsupported', 'invalid-options'])

/** Throws the signal's reason, and what no waiting mends. */
export function throwIfFatal(error: unknown, signal: AbortSignal): void {
  signal.throwIfAborted()
  if (error instanceof FlotillaError && fatalCodes.has(error.code)) throw error
}

/**
 * Holds the group against other controllers on this host. Undefined for a backend that cannot tell where its machines are,
 * and where the host cannot be asked, which is told.
 *
 * @throws FlotillaError `conflict` when another has it; what no waiting mends; the signal's reason
 */
export async function acquireHost(
  { backend, group, clock, timeouts }: FullOptions,
  problems: Problems,
  signal: AbortSignal,
): Promise<Lease | undefined> {
  const { name, scope } = backend
  if (scope === undefined) return undefined
  const what = `hold group ${group} on this host`
  try {
    const key = { group, backend: name, scope }
    return await withDeadline((inner) => acquireHostLease(key, { clock, signal: inner }), {
      clock,
      timeoutMs: timeouts.storeMs,
      signal,
      what,
    })
  } catch (error) {
    throwIfFatal(error, signal)
    problems.failed('store-failed', 'this host', what, error)
    return undefined
  }
}

/**
 * The store's lease of the group; undefined when the store has none.
 *
 * @throws FlotillaError `conflict` when another has it; the store's own failure; the signal's reason
 */
export async function acquireLease(
  { store, group, clock, timeouts }: FullOptions,
  signal: AbortSignal,
): Promise<Lease | undefined> {
  if (store.acquire === undefined) return undefined
  const acquire = store.acquire.bind(store)
  return withDeadline((inner) => acquire(group, { signal: inner }), {
    clock,
    timeoutMs: timeouts.storeMs,
    signal,
    what: `acquire group ${group}`,
  })
}
