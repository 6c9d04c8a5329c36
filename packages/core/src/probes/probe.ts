import type { CallOptions } from '../async/deadline.js'
import type { Address, Instance } from '../model.js'

/** A machine with an address to ask. */
export interface ProbeTarget {
  readonly instance: Instance
  readonly address: Address
}

/** An answer, or why there was none. */
export type ProbeResult = { readonly healthy: true } | { readonly healthy: false; readonly reason: string }

/**
 * Asks one instance whether its service answers. It gates admission to the balancer and, later, replacement.
 * `check` rejects only with the signal's reason; an instance that does not answer is a result.
 */
export interface Probe {
  readonly name: string
  /** Whether this instance can serve now. It rejects with the reason of the signal and with nothing else. */
  check(target: ProbeTarget, options: CallOptions): Promise<ProbeResult>
}
