import type { Closable } from '../../async/disposable.js'
import { withDeadline } from '../../async/deadline.js'
import { type FlotillaError, toFlotillaError } from '../../errors.js'
import type { FullOptions } from '../options/full-options.js'

/**
 * Closes all that an autoscaler was given, each once: first what brings traffic and readings, last what keeps records. One
 * that fails keeps none of the others from being closed.
 *
 * @throws FlotillaError of the first that failed
 */
export async function closeGiven(options: FullOptions): Promise<void> {
  const { balancer, sources, backend, store, recorders, clock, timeouts } = options
  const all = new Set<object | undefined>([balancer, ...sources, backend, store, ...recorders])
  let failure: FlotillaError | undefined
  for (const one of all) {
    if (one === undefined || !isClosable(one)) continue
    const what = `close ${nameOf(one)}`
    try {
      await withDeadline(() => one.close(), { clock, timeoutMs: timeouts.storeMs, what })
    } catch (error) {
      failure ??= toFlotillaError(error, what)
    }
  }
  if (failure !== undefined) throw failure
}

const isClosable = (one: object): one is Closable => 'close' in one && typeof one.close === 'function'

const nameOf = (one: object): string =>
  'name' in one && typeof one.name === 'string' ? one.name : 'a store or log'
