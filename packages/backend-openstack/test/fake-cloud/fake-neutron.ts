import { randomUUID } from 'node:crypto'
import type { CloudState, FakeFloatingIp, FakePort } from './cloud-state.js'
import type { FakeAnswer, FakeRequest } from './fake-http.js'

const missing = (what: string): FakeAnswer => ({
  status: 404,
  body: { NeutronError: { type: `${what}NotFound`, message: `${what} could not be found.`, detail: '' } },
})

type Named = { readonly id: string; readonly name: string; readonly project_id?: string }

/** Neutron: what of it the backend asks for. */
export function neutronRoutes(cloud: CloudState): void {
  const { http } = cloud
  const below = (path: string): RegExp => new RegExp(`^/network/v2.0${path}$`)
  http.on('neutron', 'GET', /^\/network\/?$/, () => ({
    status: 200,
    body: {
      versions: [
        { id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: `${http.url}/network/v2.0/` }] },
      ],
    },
  }))
  // Where the cloud says what time it is.
  http.on('networkTime', 'GET', below('/'), () => ({
    status: 200,
    body: { resources: [] },
    headers: { date: new Date(cloud.now()).toUTCString() },
  }))
  const named = (route: string, key: string, things: readonly Named[]): void => {
    http.on(route, 'GET', below(`/${key.replace('_', '-')}`), ({ query }) => ({
      status: 200,
      body: {
        [key]: things.filter(
          ({ name, project_id: project }) =>
            (query.get('name') ?? name) === name && (query.get('project_id') ?? project) === project,
        ),
      },
    }))
  }
  named('networks', 'networks', cloud.networks)
  named('subnets', 'subnets', cloud.subnets)
  named('securityGroups', 'security_groups', cloud.securityGroups)

  http.on('createPort', 'POST', below('/ports'), ({ json }) => {
    const body = json['port'] as Readonly<Record<string, unknown>>
    const id = randomUUID()
    cloud.ports.set(id, {
      id,
      name: textOf(body['name']),
      networkId: textOf(body['network_id']),
      address: cloud.address(),
      securityGroups: (body['security_groups'] ?? []) as readonly string[],
      body,
      deviceId: '',
      createdMs: cloud.now(),
    })
    return { status: 201, body: { port: portOf(cloud, id) } }
  })
  http.on('listPorts', 'GET', below('/ports'), ({ query }) => ({
    status: 200,
    body: {
      ports: [...cloud.ports.values()]
        .filter(({ name }) => query.get('name') === null || query.get('name') === name)
        .map(({ id }) => portOf(cloud, id)),
    },
  }))
  http.on('deletePort', 'DELETE', below('/ports/([^/]+)'), ({ parts: [id = ''], headers }) => {
    const port = cloud.ports.get(id)
    if (port === undefined) return missing('Port')
    if (isStale(headers, revisionOfPort(port))) return stale
    cloud.ports.delete(id)
    // An address that led to it leads nowhere.
    for (const one of cloud.floatingIps.values()) if (one.portId === id) one.portId = ''
    return { status: 204 }
  })
  http.on('createFloatingIp', 'POST', below('/floatingips'), ({ json }) => {
    const body = json['floatingip'] as Readonly<Record<string, unknown>>
    const id = randomUUID()
    const made = {
      id,
      address: cloud.address().replace(/^10\./, '172.'),
      portId: textOf(body['port_id']),
      description: textOf(body['description']),
      createdMs: cloud.now(),
    }
    cloud.floatingIps.set(id, made)
    return { status: 201, body: { floatingip: floatingOf(made) } }
  })
  http.on('listFloatingIps', 'GET', below('/floatingips'), ({ query }) => ({
    status: 200,
    body: {
      floatingips: [...cloud.floatingIps.values()]
        .filter(
          ({ description }) => query.get('description') === null || query.get('description') === description,
        )
        .map(floatingOf),
    },
  }))
  http.on('deleteFloatingIp', 'DELETE', below('/floatingips/([^/]+)'), ({ parts: [id = ''], headers }) => {
    const one = cloud.floatingIps.get(id)
    if (one === undefined) return missing('FloatingIP')
    if (isStale(headers, revisionOfAddress(one))) return stale
    cloud.floatingIps.delete(id)
    return { status: 204 }
  })
}

const stale: FakeAnswer = {
  status: 412,
  body: { NeutronError: { type: 'RevisionNumberConstraintFailed', message: 'Constrained', detail: '' } },
}

const isStale = (headers: FakeRequest['headers'], revision: number): boolean =>
  headers['if-match'] !== undefined && headers['if-match'] !== `revision_number=${revision}`

/** Any number will do that is another for each state. */
const hash = (text: string): number => Buffer.from(text).reduce((sum, byte) => (31 * sum + byte) | 0, 7)
const revisionOfPort = ({ name, deviceId }: FakePort): number => hash(`${name} ${deviceId}`)
const revisionOfAddress = ({ portId, description }: FakeFloatingIp): number =>
  hash(`${portId} ${description}`)

function portOf(cloud: CloudState, id: string): object {
  const port = cloud.ports.get(id)
  if (port === undefined) return {}
  return {
    id,
    name: port.name,
    network_id: port.networkId,
    device_id: port.deviceId,
    device_owner: port.deviceId === '' ? '' : 'compute:nova',
    fixed_ips: [{ subnet_id: 's', ip_address: port.address }],
    project_id: port.projectId ?? 'p',
    created_at: new Date(port.createdMs).toISOString(),
    revision_number: revisionOfPort(port),
  }
}

const floatingOf = (one: FakeFloatingIp): object => ({
  id: one.id,
  floating_ip_address: one.address,
  port_id: one.portId,
  description: one.description,
  project_id: 'p',
  created_at: new Date(one.createdMs).toISOString(),
  revision_number: revisionOfAddress(one),
})

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
