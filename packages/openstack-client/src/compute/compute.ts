import { compareMicroversions, type MicroversionRange } from '../discovery/microversion.js'
import { path } from '../resources/path.js'
import { Fields } from '../resources/fields.js'
import { readQuotas, type Quota } from '../resources/quota.js'
import type { CallOptions, ServiceContext } from '../session/request.js'
import { Flavors } from './flavors.js'
import { Keypairs } from './keypairs.js'
import { knownFrom, newestCompute } from './known-microversions.js'
import { readLimits, type ComputeLimits } from './limits.js'
import { ServerGroups } from './server-groups.js'
import { Servers } from './servers.js'

/** An availability zone. */
export interface AvailabilityZone {
  readonly name: string
  readonly isAvailable: boolean
}

/** Nova. */
export class Compute {
  readonly servers: Servers
  readonly flavors: Flavors
  readonly keypairs: Keypairs
  readonly serverGroups: ServerGroups
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
    this.servers = new Servers(context)
    this.flavors = new Flavors(context)
    this.keypairs = new Keypairs(context)
    this.serverGroups = new ServerGroups(context)
  }

  /** The microversions that this cloud offers; undefined where it has none. */
  microversions(options?: CallOptions): Promise<MicroversionRange | undefined> {
    return this.#context.calls.microversions(options)
  }

  /** Whether calls are made with at least this microversion: 2.26 for filters by tag, 2.52 for tags at creation. */
  async supports(microversion: string, options?: CallOptions): Promise<boolean> {
    const offered = await this.microversions(options)
    return [offered?.max ?? '0.0', newestCompute].every((max) => compareMicroversions(microversion, max) <= 0)
  }

  /** Limits and usage of the project. */
  async limits(options?: CallOptions): Promise<ComputeLimits> {
    return readLimits(await this.#read('read limits', '/limits', 'limits', options))
  }

  /** Quotas of a project by resource: `instances`, `cores`, `ram`, `server_groups`, ... */
  async quotas(projectId: string, options?: CallOptions): Promise<Readonly<Record<string, Quota>>> {
    const body = await this.#read(
      'read quotas',
      path`/os-quota-sets/${projectId}/detail`,
      'quota_set',
      options,
    )
    return readQuotas(body.fields('quota_set'))
  }

  /** The zones that servers may be made in, and whether each is available. */
  async availabilityZones(options?: CallOptions): Promise<readonly AvailabilityZone[]> {
    const body = await this.#read(
      'list availability zones',
      '/os-availability-zone',
      'availabilityZoneInfo',
      options,
    )
    return body.list('availabilityZoneInfo').map((zone) => ({
      name: zone.text('zoneName') ?? '',
      isAvailable: zone.fields('zoneState').flag('available') ?? false,
    }))
  }

  async #read(what: string, where: string, expects: string, options?: CallOptions): Promise<Fields> {
    const call = { what, method: 'GET', path: where, expects, microversion: knownFrom() } as const
    return Fields.of((await this.#context.calls.request({ ...call, ...options })).body)
  }
}
