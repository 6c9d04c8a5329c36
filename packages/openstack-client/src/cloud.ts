import type { CatalogService } from './catalog/catalog.js'
import { Compute } from './compute/compute.js'
import type { CloudSettings } from './config/settings.js'
import { whereOf } from './config/where.js'
import type { Engine } from './http/engine.js'
import type { Transport } from './http/http-types.js'
import { Images } from './image/images.js'
import { LoadBalancing } from './load-balancer/load-balancing.js'
import { Network } from './network/network.js'
import { OpenStackError } from './openstack-error.js'
import { Placement } from './placement/placement.js'
import type { CallOptions, ServiceCalls, ServiceContext } from './session/request.js'
import type { Session } from './session/session.js'
import { showAs } from './secrets/show-as.js'
import { waitFor, type Wait } from './time/wait-for.js'

/** The user, project and roles of the client, from Keystone. It has no token. */
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
   * Keystone, project and region in words, as far as they are known without a call. It is equal for
   * two clients that see the same things.
   */
  readonly where: string
  /** Keys of the file or variables that were ignored. They change neither the user, nor the cloud, nor its security. */
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

  /** Sends calls to any service of the catalogue, for which there is no function here. */
  service(type: string): ServiceCalls {
    return this.#parts.session.service(type)
  }

  /** Signs in, if needed. */
  async whoAmI(options?: CallOptions): Promise<WhoAmI> {
    const { facts } = await this.#parts.session.token(options)
    const { projectId, projectName, userId, userName, roles, expiresAt } = facts
    return { projectId, projectName, userId, userName, roles, expiresAt }
  }

  /** The services and addresses of the token. */
  async catalog(options?: CallOptions): Promise<readonly CatalogService[]> {
    return (await this.#parts.session.token(options)).catalog
  }

  /** Waits for a condition, with a bound and growing pauses. */
  waitFor<T>(wait: Wait<T>): Promise<T> {
    return waitFor(this.#parts.engine, wait)
  }

  /** Ends calls under way with `closed`, and closes the connections. May be called twice. */
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
