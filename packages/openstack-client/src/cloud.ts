import type { CatalogService } from './catalog/catalog.js'
import { Compute } from './compute/compute.js'
import type { CloudSettings } from './config/settings.js'
import { whereOf } from './config/where.js'
import type { Engine } from './http/engine.js'
import type { Transport } from './http/transport.js'
import { Images } from './image/images.js'
import { LoadBalancing } from './load-balancer/load-balancing.js'
import { Network } from './network/network.js'
import { OpenStackError } from './openstack-error.js'
import { Placement } from './placement/placement.js'
import type { CallOptions, ServiceCalls } from './session/request.js'
import type { ServiceContext } from './session/service-context.js'
import type { Session } from './session/session.js'
import { showAs } from './secrets/show-as.js'
import { waitFor, type Wait } from './time/wait-for.js'

/** Who the client is, as Keystone sees it. It holds no token. */
export interface WhoAmI {
  /** Absent for a token of a domain, of the system, or without scope. */
  readonly projectId: string | undefined
  readonly projectName: string | undefined
  readonly userId: string | undefined
  readonly userName: string | undefined
  readonly roles: readonly string[]
  /** End of the token in force by Keystone's clock, milliseconds since the epoch. */
  readonly expiresAt: number
}

interface Parts {
  readonly engine: Engine
  readonly settings: CloudSettings
  readonly session: Session
  readonly transport: Transport
  readonly closing: AbortController
}

/** One cloud, as one user. Made by `connect`. */
export class Cloud {
  /** Name in clouds.yaml, or `envvars`. */
  readonly name: string
  /**
   * Whose project it is at which Keystone, in which region, in words and as far as that is known without asking: equal for
   * two clients that see the same things.
   */
  readonly where: string
  /** Keys of the file or variables that were passed over, since they change neither who, nor where, nor how securely. */
  readonly ignoredKeys: readonly string[]
  /** Nova. */
  readonly compute: Compute
  /** Glance. */
  readonly image: Images
  /** Neutron. */
  readonly network: Network
  /** Placement: admins only, on most clouds. */
  readonly placement: Placement
  /** Octavia. */
  readonly loadBalancer: LoadBalancing
  readonly #parts: Parts

  constructor(parts: Parts) {
    const { session, engine, settings } = parts
    const context = (service: string): ServiceContext => ({
      service,
      calls: session.service(service),
      clock: engine.clock,
      random: engine.random,
    })
    this.#parts = parts
    this.name = settings.name
    this.where = whereOf(settings)
    this.ignoredKeys = settings.ignoredKeys
    this.compute = new Compute(context('compute'))
    this.image = new Images(context('image'))
    this.network = new Network(context('network'), async (options) => (await this.whoAmI(options)).projectId)
    this.placement = new Placement(context('placement'))
    this.loadBalancer = new LoadBalancing(context('load-balancer'))
  }

  /** Calls to any service of the catalogue, for what has no function here. */
  service(type: string): ServiceCalls {
    return this.#parts.session.service(type)
  }

  /** Signs in, where that is not done yet. */
  async whoAmI(options?: CallOptions): Promise<WhoAmI> {
    const { facts } = await this.#parts.session.token(options)
    const { projectId, projectName, userId, userName, roles, expiresAt } = facts
    return { projectId, projectName, userId, userName, roles, expiresAt }
  }

  /** The services and addresses that the token opens. */
  async catalog(options?: CallOptions): Promise<readonly CatalogService[]> {
    return (await this.#parts.session.token(options)).catalog
  }

  /** Looks until it is so, with a bound and growing pauses. */
  waitFor<T>(wait: Wait<T>): Promise<T> {
    return waitFor(this.#parts.engine, wait)
  }

  /** Ends what is under way with `closed`, and the connections. Twice is once. */
  async close(): Promise<void> {
    const { closing, transport } = this.#parts
    if (closing.signal.aborted) return
    closing.abort(new OpenStackError('closed', `${this.name}: the client was closed`))
    await transport.close()
  }

  /** As `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

showAs(Cloud, ({ name }) => `Cloud { name: ${name} }`)
