import { path } from '../resources/path.js'
import { Collection } from '../resources/collection.js'
import { Fields } from '../resources/fields.js'
import { readQuotas, type Quota } from '../resources/quota.js'
import { OpenStackError } from '../openstack-error.js'
import type { CallOptions, ServiceContext } from '../session/request.js'
import { floatingIpKind, type FloatingIps } from './floating-ip.js'
import { networkKind, type Networks } from './network-model.js'
import { portKind, type Ports } from './port.js'
import { Routers } from './router.js'
import { securityGroupKind, type SecurityGroups } from './security-group.js'
import { ruleKind, type SecurityGroupRules } from './security-group-rule.js'
import { subnetKind, type Subnets } from './subnet.js'
import { TaggedCollection } from './tagged-collection.js'

/** Addresses of a network that are taken, and that there are. */
export interface IpAvailability {
  readonly networkId: string
  readonly usedCount: number
  readonly totalCount: number
}

/** Neutron. */
export class Network {
  readonly networks: Networks
  readonly subnets: Subnets
  readonly ports: Ports
  readonly routers: Routers
  readonly securityGroups: SecurityGroups
  readonly securityGroupRules: SecurityGroupRules
  readonly floatingIps: FloatingIps
  readonly #context: ServiceContext
  readonly #ownProject: (options?: CallOptions) => Promise<string | undefined>

  /** @param ownProject - id of the project of the token */
  constructor(context: ServiceContext, ownProject: (options?: CallOptions) => Promise<string | undefined>) {
    this.#context = context
    this.#ownProject = ownProject
    this.networks = new TaggedCollection(context, networkKind)
    this.subnets = new TaggedCollection(context, subnetKind)
    this.ports = new TaggedCollection(context, portKind)
    this.routers = new Routers(context)
    this.securityGroups = new TaggedCollection(context, securityGroupKind)
    this.securityGroupRules = new Collection(context, ruleKind)
    this.floatingIps = new TaggedCollection(context, floatingIpKind)
  }

  /**
   * Quotas and use of a project by resource: `port`, `floatingip`, `security_group`, ...
   *
   * @param projectId - default: the token's own
   */
  async quotas(projectId?: string, options: CallOptions = {}): Promise<Readonly<Record<string, Quota>>> {
    const id = projectId ?? (await this.#ownProject(options))
    if (id === undefined) {
      throw new OpenStackError(
        'invalid-options',
        'network: read quotas: the token has no project; give projectId',
      )
    }
    const call = { what: 'read quotas', method: 'GET', path: path`/quotas/${id}/details.json` } as const
    const { body } = await this.#context.calls.request({ ...call, expects: 'quota', ...options })
    return readQuotas(Fields.of(body).fields('quota'))
  }

  /** The cloud's own clock, epoch milliseconds to the second; undefined where its front does not say it. */
  async time(options: CallOptions = {}): Promise<number | undefined> {
    const call = { what: 'read the time', method: 'GET', path: '/' } as const
    const { headers } = await this.#context.calls.request({ ...call, ...options })
    const at = Date.parse(headers.get('date') ?? '')
    return Number.isNaN(at) ? undefined : at
  }

  /** Addresses left in each network; an empty list to those who may not see it. */
  async ipAvailability(options: CallOptions = {}): Promise<readonly IpAvailability[]> {
    const call = { what: 'read IP availability', method: 'GET', path: '/network-ip-availabilities' } as const
    const expects = 'network_ip_availabilities'
    const { body } = await this.#context.calls.request({ ...call, expects, ...options })
    return Fields.of(body)
      .list(expects)
      .map((entry) => ({
        networkId: entry.text('network_id') ?? '',
        usedCount: entry.number('used_ips') ?? 0,
        totalCount: entry.number('total_ips') ?? 0,
      }))
  }
}
