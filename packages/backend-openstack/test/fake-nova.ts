import { randomUUID } from 'node:crypto'
import type { FakeCloud } from './fake-cloud.js'
import { novaFault, type FakeAnswer, type FakeRequest } from './fake-http.js'

export interface FakeServer {
  readonly id: string
  readonly name: string
  readonly createdMs: number
  readonly body: Readonly<Record<string, unknown>>
  readonly hints: Readonly<Record<string, unknown>>
  readonly tags: readonly string[]
  readonly zone: string
  metadata: Record<string, string>
  status: string
  fault: string | undefined
  isLocked: boolean
  deletedMs: number | undefined
  /** Whole CPU time, and when it was set: cores in use since then. */
  use: { cores: number; memoryBytes: number; sinceMs: number }
}

const missing = (id: string): FakeAnswer =>
  novaFault(404, `Instance ${id} could not be found.`, 'itemNotFound')

/** Nova: what of it the backend asks for. */
export function novaRoutes(cloud: FakeCloud): void {
  const { http } = cloud
  const below = (path: string): RegExp => new RegExp(`^/compute/v2.1${path}$`)
  http.on('nova', 'GET', below('/?'), () => ({
    status: 200,
    body: {
      version: {
        id: 'v2.1',
        status: 'CURRENT',
        version: cloud.maxMicroversion,
        min_version: '2.1',
        links: [{ rel: 'self', href: `${http.url}/compute/v2.1/` }],
      },
    },
  }))
  http.on('flavors', 'GET', below('/flavors/detail'), () => ({
    status: 200,
    body: { flavors: cloud.flavors },
  }))
  http.on('serverGroups', 'GET', below('/os-server-groups'), () => ({
    status: 200,
    body: { server_groups: cloud.serverGroups },
  }))
  http.on('limits', 'GET', below('/limits'), () => ({
    status: 200,
    body: {
      limits: {
        absolute: {
          maxTotalInstances: cloud.quota.instances,
          totalInstancesUsed: alive(cloud).length,
          maxTotalCores: cloud.quota.cores,
          totalCoresUsed: 2 * alive(cloud).length,
          maxTotalRAMSize: cloud.quota.ram,
          totalRAMUsed: 512 * alive(cloud).length,
        },
      },
    },
  }))
  http.on('createServer', 'POST', below('/servers'), (request) => create(cloud, request))
  http.on('listServers', 'GET', below('/servers/detail'), (request) => list(cloud, request))
  http.on('getServer', 'GET', below('/servers/([^/]+)'), ({ parts: [id = ''] }) => {
    const server = find(cloud, id)
    return server === undefined ? missing(id) : { status: 200, body: { server: shown(cloud, server) } }
  })
  http.on('deleteServer', 'DELETE', below('/servers/([^/]+)'), ({ parts: [id = ''] }) => {
    const server = find(cloud, id)
    if (server === undefined) return missing(id)
    if (server.isLocked) return novaFault(409, `Instance ${id} is locked`, 'conflictingRequest')
    if (cloud.forgottenDeletes > 0) cloud.forgottenDeletes -= 1
    else server.deletedMs ??= Date.now()
    return { status: 204 }
  })
  http.on('diagnostics', 'GET', below('/servers/([^/]+)/diagnostics'), ({ parts: [id = ''] }) => {
    if (!cloud.isAdmin)
      return novaFault(403, "Policy doesn't allow os_compute_api:os-server-diagnostics to be performed.")
    const server = find(cloud, id)
    if (server === undefined) return missing(id)
    const { cores, memoryBytes, sinceMs } = server.use
    const ns = Math.round((performance.now() - sinceMs) * 1e6 * cores)
    return {
      status: 200,
      body: {
        state: 'running',
        cpu_details: [
          { id: 0, time: ns },
          { id: 1, time: 0 },
        ],
        memory_details: { maximum: 512, used: memoryBytes / 1024 ** 2 },
      },
    }
  })
  http.on('setMetadata', 'POST', below('/servers/([^/]+)/metadata'), ({ parts: [id = ''], json }) => {
    const server = find(cloud, id)
    if (server === undefined) return missing(id)
    server.metadata = { ...server.metadata, ...(json['metadata'] as Record<string, string>) }
    return { status: 200, body: { metadata: server.metadata } }
  })
  http.on('replaceMetadata', 'PUT', below('/servers/([^/]+)/metadata'), ({ parts: [id = ''], json }) => {
    const server = find(cloud, id)
    if (server === undefined) return missing(id)
    server.metadata = { ...(json['metadata'] as Record<string, string>) }
    return { status: 200, body: { metadata: server.metadata } }
  })
  http.on('renameServer', 'PUT', below('/servers/([^/]+)'), ({ parts: [id = ''] }) => {
    const server = find(cloud, id)
    return server === undefined ? missing(id) : { status: 200, body: { server: shown(cloud, server) } }
  })
  http.on('act', 'POST', below('/servers/([^/]+)/action'), ({ parts: [id = ''], json }) => {
    const server = find(cloud, id)
    if (server === undefined) return missing(id)
    const [action = ''] = Object.keys(json)
    const leads = actions[action]
    if (leads === undefined) return novaFault(400, `There is no such action: ${action}`, 'badRequest')
    settle(cloud, server)
    if (!leads.from.includes(server.status)) {
      return novaFault(
        409,
        `Cannot '${action}' instance ${id} while it is in vm_state ${server.status}`,
        'conflictingRequest',
      )
    }
    server.status = leads.to
    return { status: 202 }
  })
}

const actions: Readonly<Record<string, { readonly from: readonly string[]; readonly to: string }>> = {
  'os-stop': { from: ['ACTIVE'], to: 'SHUTOFF' },
  'os-start': { from: ['SHUTOFF'], to: 'ACTIVE' },
  pause: { from: ['ACTIVE'], to: 'PAUSED' },
  unpause: { from: ['PAUSED'], to: 'ACTIVE' },
  shelve: { from: ['ACTIVE', 'SHUTOFF'], to: 'SHELVED_OFFLOADED' },
  unshelve: { from: ['SHELVED_OFFLOADED'], to: 'ACTIVE' },
}

function alive(cloud: FakeCloud): readonly FakeServer[] {
  for (const id of cloud.servers.keys()) find(cloud, id)
  return [...cloud.servers.values()]
}

/** Undefined when it is gone; what Nova does by itself has happened. */
function find(cloud: FakeCloud, id: string): FakeServer | undefined {
  const server = cloud.servers.get(id)
  if (server === undefined) return undefined
  settle(cloud, server)
  if (server.deletedMs === undefined || Date.now() - server.deletedMs < cloud.deleteMs) return server
  cloud.servers.delete(id)
  for (const port of cloud.ports.values()) if (port.deviceId === id) port.deviceId = ''
  return undefined
}

function settle(cloud: FakeCloud, server: FakeServer): void {
  if (server.status === 'BUILD' && Date.now() - server.createdMs >= cloud.buildMs) server.status = 'ACTIVE'
}

interface CreateBody {
  readonly name: string
  readonly flavorRef: string
  readonly networks?: string | readonly { readonly port?: string }[]
  readonly availability_zone?: string
  readonly metadata?: Record<string, string>
  readonly tags?: readonly string[]
}

function create(cloud: FakeCloud, { json }: FakeRequest): FakeAnswer {
  const body = json['server'] as CreateBody & Readonly<Record<string, unknown>>
  const used = alive(cloud).length
  const overQuota =
    used < cloud.quota.instances
      ? undefined
      : `Quota exceeded for instances: Requested 1, but already used ${used} of ${used} instances`
  if (overQuota !== undefined && !cloud.findsQuotaLate) return novaFault(403, overQuota)
  const nics = Array.isArray(body.networks) ? (body.networks as readonly { readonly port?: string }[]) : []
  for (const { port } of nics) {
    if (port !== undefined && !cloud.ports.has(port))
      return novaFault(400, `Port ${port} could not be found.`, 'badRequest')
  }
  const zone = body.availability_zone ?? 'nova'
  const inZone = alive(cloud).filter((one) => one.zone === zone && one.status !== 'ERROR').length
  const hasRoom = inZone < (cloud.room[zone] ?? Infinity)
  const fault = overQuota ?? (hasRoom ? undefined : 'No valid host was found. ')
  const id = randomUUID()
  for (const { port } of nics) {
    const found = port === undefined ? undefined : cloud.ports.get(port)
    if (found !== undefined) found.deviceId = id
  }
  cloud.servers.set(id, {
    id,
    name: body.name,
    createdMs: Date.now(),
    body,
    hints: (json['os:scheduler_hints'] ?? {}) as Readonly<Record<string, unknown>>,
    metadata: body.metadata ?? {},
    tags: body.tags ?? [],
    zone,
    status: fault === undefined ? 'BUILD' : 'ERROR',
    fault,
    isLocked: false,
    deletedMs: undefined,
    use: { cores: 0, memoryBytes: 64 * 1024 ** 2, sinceMs: performance.now() },
  })
  return { status: 202, body: { server: { id, links: [], adminPass: 'secret' } } }
}

const pageSize = 20

function list(cloud: FakeCloud, { query, headers }: FakeRequest): FakeAnswer {
  const version = /compute (\d+)\.(\d+)/.exec(String(headers['openstack-api-version'] ?? ''))
  const hasTags = Number(version?.[2] ?? 1) >= 26
  const tags = hasTags ? (query.get('tags')?.split(',') ?? []) : []
  const status = query.get('status')
  const all = alive(cloud).filter(
    (server) =>
      tags.every((tag) => server.tags.includes(tag)) &&
      (tags.length === 0 || Date.now() - server.createdMs >= cloud.scheduleMs) &&
      (status === null || server.status === status),
  )
  const from = all.findIndex(({ id }) => id === query.get('marker')) + 1
  const page = all.slice(from, from + pageSize)
  const next = new URLSearchParams(query)
  next.set('marker', page.at(-1)?.id ?? '')
  const hasMore = from + pageSize < all.length
  const servers_links = [
    { rel: 'next', href: `${cloud.http.url}/compute/v2.1/servers/detail?${next.toString()}` },
  ]
  return {
    status: 200,
    // Nova's list has no fault of a server in another database than the one its API is set up with.
    body: {
      servers: page.map((server) => shown(cloud, { ...server, fault: undefined })),
      ...(hasMore ? { servers_links } : {}),
    },
  }
}

function shown(cloud: FakeCloud, server: FakeServer): object {
  const ports = [...cloud.ports.values()].filter(({ deviceId }) => deviceId === server.id)
  const isUp = server.status !== 'BUILD' && server.status !== 'ERROR'
  const addresses = ports.flatMap((port) => [
    { version: 4, addr: port.address, 'OS-EXT-IPS:type': 'fixed' },
    ...[...cloud.floatingIps.values()]
      .filter(({ portId }) => portId === port.id)
      .map(({ address }) => ({ version: 4, addr: address, 'OS-EXT-IPS:type': 'floating' })),
  ])
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    created: new Date(server.createdMs).toISOString().replace(/\.\d+/, ''),
    metadata: server.metadata,
    tags: server.tags,
    addresses: isUp ? { net: addresses } : {},
    'OS-EXT-AZ:availability_zone': server.status === 'BUILD' ? '' : server.zone,
    'OS-EXT-STS:task_state': server.deletedMs === undefined ? null : 'deleting',
    locked: server.isLocked,
    ...(server.fault === undefined
      ? {}
      : { fault: { code: 500, message: server.fault, created: new Date(server.createdMs).toISOString() } }),
  }
}
