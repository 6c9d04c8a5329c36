import { BalancerDriver } from './drivers/balancer-driver.js'
import { Decider } from './drivers/decider.js'
import { FrontCheck } from './drivers/front-check.js'
import { Operations } from './drivers/operations.js'
import { Prober } from './drivers/prober.js'
import { Sampler } from './drivers/sampler.js'
import type { PassKind } from './loop/loop.js'
import type { FullOptions } from './options/full-options.js'
import type { Events } from './telling/events.js'
import type { Problems } from './telling/problems.js'

/** A check of the front takes no longer. */
export const mostCheckMs = 10_000

/** Probes at one time. */
const parallelProbes = 50

export interface PartsContext {
  readonly options: FullOptions
  readonly events: Events
  readonly problems: Problems
  readonly signal: AbortSignal
  /** Asks for another pass. */
  readonly wake: (kind: PassKind, delayMs?: number) => void
}

/** What a controller calls the outside by. */
export interface Parts {
  readonly sampler: Sampler
  readonly decider: Decider
  readonly prober: Prober | undefined
  readonly operations: Operations
  readonly driver: BalancerDriver | undefined
  readonly front: FrontCheck | undefined
}

export function partsOf(context: PartsContext): Parts {
  const { options, events, problems, signal } = context
  const { sources, policies, clock, timeouts, probe, backend, group } = options
  const wake = (): void => context.wake('reconcile')
  const needed = policies.flatMap(({ metrics, optionalMetrics = [] }) => [...metrics, ...optionalMetrics])
  const sampler = new Sampler({
    sources,
    needed: new Set(needed),
    clock,
    timeoutMs: timeouts.sampleMs,
    problems,
  })
  return {
    sampler,
    decider: new Decider(options, sampler.rules, events),
    prober: probe && new Prober({ probe, clock, timeoutMs: timeouts.probeMs, parallel: parallelProbes }),
    operations: new Operations({
      backend,
      group,
      clock,
      signal,
      problems,
      launchTimeoutMs: timeouts.launchMs,
      terminateTimeoutMs: timeouts.terminateMs,
      wake,
    }),
    ...frontOf(context, wake),
  }
}

function frontOf(
  { options, problems, signal }: PartsContext,
  wake: () => void,
): Pick<Parts, 'driver' | 'front'> {
  const { balancer, clock, timeouts } = options
  if (balancer === undefined) return { driver: undefined, front: undefined }
  const timeoutMs = timeouts.balanceMs
  const driver = new BalancerDriver({ balancer, clock, timeoutMs, signal, problems, wake })
  const onLost = (): void => {
    driver.lost()
    wake()
  }
  const checkMs = Math.min(timeoutMs, mostCheckMs)
  return { driver, front: new FrontCheck({ balancer, clock, timeoutMs: checkMs, signal, problems, onLost }) }
}
