import type { FullService } from './service.js'

/**
 * How long requests wait in a pool of servers, in the long run: M/G/c, by Sakasegawa's approximation. Exact for one
 * exponential server; within some percent of exact simulation elsewhere (see the tests).
 *
 * A pool of `n` instances counts as `concurrency x sqrt(n)` servers, not `concurrency x n`: routing is imperfect, and a
 * request may wait at one instance while another is idle. It is as if requests were spread blindly over sqrt(n) pools of
 * sqrt(n) instances each.
 *
 * @see H. Sakasegawa, An approximation formula Lq ~ α ρ^β / (1 - ρ), Ann. Inst. Stat. Math. 29 (1977)
 */
export interface Waiting {
  /** Share of requests that wait at all. */
  readonly share: number
  /** 1 / mean wait of those that wait, per second: the wait's tail falls as exp(-decay x t). */
  readonly decay: number
}

/** How many servers `instances` are worth. Instances that warm up count by their speed. */
export function serversOf({ concurrency }: Pick<FullService, 'concurrency'>, instances: number): number {
  return concurrency * Math.sqrt(instances)
}

/** No pool comes to rest close to full: nearer than this, its long run is longer than a load stays. */
export function fullestUtilisation(servers: number): number {
  return 1 - Math.min(0.01, 0.18 / servers)
}

/**
 * @param utilisation - 0 <= value < 1
 * @param servers - > 0; need not be whole
 */
export function waitingIn(service: FullService, utilisation: number, servers: number): Waiting {
  const { serviceSeconds, scv } = service
  return {
    share: waitShare(utilisation, servers),
    decay: (servers * (1 - utilisation)) / (serviceSeconds * ((1 + scv) / 2)),
  }
}

/** Mean wait over all requests, seconds. */
export function meanWaitSeconds(service: FullService, utilisation: number, servers: number): number {
  const { share, decay } = waitingIn(service, utilisation, servers)
  return share / decay
}

/** Share of requests that wait longer than `seconds`. */
export function shareWaitingOver(
  service: FullService,
  utilisation: number,
  servers: number,
  seconds: number,
): number {
  const { share, decay } = waitingIn(service, utilisation, servers)
  return share * Math.exp(-decay * seconds)
}

function waitShare(utilisation: number, servers: number): number {
  return utilisation <= 0 ? 0 : utilisation ** (Math.sqrt(2 * (servers + 1)) - 1)
}
