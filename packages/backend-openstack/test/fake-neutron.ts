import { randomUUID } from 'node:crypto'
import type { FakeCloud } from './fake-cloud.js'
import type { FakeAnswer } from './fake-http.js'

const missing = (what: string): FakeAnswer => ({
  status: 404,
  body: { NeutronError: { type: `${what}NotFound`, message: `${what} could not be found.`, detail: '' } },
})

type Named = { readonly id: string; readonly name: string; readonly project_id?: string }

/** Neutron: what of it the backend asks for. */
export function neutronRoutes(cloud: FakeCloud): void {
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
  http.on('deletePort', 'DELETE', below('/ports/([^/]+)'), ({ parts: [id = ''] }) =>
    cloud.ports.delete(id) ? { status: 204 } : missing('Port'),
  )
  http.on('createFloatingIp', 'POST', below('/floatingips'), ({ json }) => {
    const body = json['floatingip'] as Readonly<Record<string, unknown>>
    const id = randomUUID()
    const made = {
      id,
      address: cloud.address().replace(/^10\./, '172.'),
      portId: textOf(body['port_id']),
      description: textOf(body['description']),
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
  http.on('deleteFloatingIp', 'DELETE', below('/floatingips/([^/]+)'), ({ parts: [id = ''] }) =>
    cloud.floatingIps.delete(id) ? { status: 204 } : missing('FloatingIP'),
  )
}

function portOf(cloud: FakeCloud, id: string): object {
  const { name, networkId, deviceId, address } = cloud.ports.get(id) ?? {}
  return {
    id,
    name,
    network_id: networkId,
    device_id: deviceId,
    fixed_ips: [{ subnet_id: 's', ip_address: address }],
  }
}

const floatingOf = ({
  id,
  address,
  portId,
  description,
}: {
  readonly id: string
  readonly address: string
  readonly portId: string
  readonly description: string
}): object => ({ id, floating_ip_address: address, port_id: portId, description })

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
