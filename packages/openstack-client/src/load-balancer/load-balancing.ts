import { path } from '../resources/path.js'
import { Collection } from '../resources/collection.js'
import type { ServiceContext } from '../session/request.js'
import { waitFor, type WaitOptions } from '../time/wait-for.js'
import { OpenStackError } from '../openstack-error.js'
import { healthMonitorKind, type HealthMonitors } from './health-monitor.js'
import { listenerKind, type Listeners } from './listener.js'
import { loadBalancerKind, type LoadBalancer, type LoadBalancers } from './load-balancer.js'
import { memberKind } from './member.js'
import { Members } from './members.js'
import { poolKind, type Pools } from './pool.js'

/**
 * Octavia. It takes one change of a load balancer at a time: while one goes on, others are refused with 409
 * "immutable", which is tried again within the call's bound.
 */
export class LoadBalancing {
  readonly loadBalancers: LoadBalancers
  readonly listeners: Listeners
  readonly pools: Pools
  readonly healthMonitors: HealthMonitors
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
    this.loadBalancers = new Collection(context, loadBalancerKind)
    this.listeners = new Collection(context, listenerKind)
    this.pools = new Collection(context, poolKind)
    this.healthMonitors = new Collection(context, healthMonitorKind)
  }

  /** The members of one pool. */
  members(poolId: string): Members {
    return new Members(this.#context, poolId, memberKind(path`/lbaas/pools/${poolId}/members`))
  }

  /**
   * Waits until a load balancer has applied its last change.
   *
   * @throws OpenStackError `failed` when the load balancer came to ERROR, `timeout`
   */
  waitUntilActive(id: string, options: WaitOptions = {}): Promise<LoadBalancer> {
    const what = `load balancer ${id} to be ACTIVE`
    const done = ({ provisioningStatus }: LoadBalancer): boolean => {
      if (provisioningStatus === 'ERROR') {
        const text = `load-balancer: wait for ${what}: it came to ERROR`
        throw new OpenStackError('failed', text, { service: 'load-balancer' })
      }
      return provisioningStatus === 'ACTIVE'
    }
    const read = (signal: AbortSignal): Promise<LoadBalancer> => this.loadBalancers.get(id, { signal })
    return waitFor(this.#context, { ...options, service: 'load-balancer', what, read, done })
  }
}
