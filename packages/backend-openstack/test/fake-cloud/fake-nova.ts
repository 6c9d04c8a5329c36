import { randomUUID } from 'node:crypto'
import type { CloudState, FakeServer } from './cloud-state.js'
import { novaFault, type FakeAnswer, type FakeRequest } from './fake-http.js'
import { listServers, shownServer } from './fake-nova-list.js'

const missing = (id: string): FakeAnswer =>
  novaFault(404, `Instance ${id} could not be found.`, 'itemNotFound')

/** Nova: what of it the backend asks for. */
export function novaRoutes(cloud: CloudState): void {
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
  http.on('listServers', 'GET', below('/servers/detail'), (request) =>
    listServers(cloud, alive(cloud), request),
  )
  http.on('getServer', 'GET', below('/servers/([^/]+)'), ({ parts: [id = ''] }) => {
    const server = find(cloud, id)
    return server === undefined ? missing(id) : { status: 200, body: { server: shownServer(cloud, server) } }
  })
  http.on('deleteServer', 'DELETE', below('/servers/([^/]+)'), ({ parts: [id = ''] }) => {
    const server = find(cloud, id)
    if (server === undefined) return missing(id)
    if (server.isLocked) return novaFault(409, `Instance ${id} is locked`, 'conflictingRequest')
    if (cloud.softDeletes) {
      server.status = 'SOFT_DELETED'
      touch(cloud, server)
    } else if (cloud.forgottenDeletes > 0) cloud.forgottenDeletes -= 1
    else {
      server.deletedMs ??= cloud.now()
      touch(cloud, server)
    }
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
    if (!takesMetadata.includes(server.status)) {
      const text = `Cannot 'update metadata' instance ${id} while it is in vm_state ${server.status}`
      return novaFault(409, text, 'conflictingRequest')
    }
    server.metadata = { ...server.metadata, ...(json['metadata'] as Record<string, string>) }
    touch(cloud, server)
    return { status: 200, body: { metadata: server.metadata } }
  })
  http.on('replaceMetadata', 'PUT', below('/servers/([^/]+)/metadata'), ({ parts: [id = ''], json }) => {
    const server = find(cloud, id)
    if (server === undefined) return missing(id)
    server.metadata = { ...(json['metadata'] as Record<string, string>) }
    touch(cloud, server)
    return { status: 200, body: { metadata: server.metadata } }
  })
  http.on('renameServer', 'PUT', below('/servers/([^/]+)'), ({ parts: [id = ''] }) => {
    const server = find(cloud, id)
    return server === undefined ? missing(id) : { status: 200, body: { server: shownServer(cloud, server) } }
  })
  http.on('act', 'POST', below('/servers/([^/]+)/action'), ({ parts: [id = ''], json }) => {
    const server = find(cloud, id)
    if (server === undefined) return missing(id)
    const [action = ''] = Object.keys(json)
    if (action === 'forceDelete') {
      if (cloud.refusesForce) return novaFault(403, "Policy doesn't allow forceDelete")
      server.deletedMs = cloud.now()
      return { status: 202 }
    }
    if (action === 'os-getConsoleOutput') return { status: 200, body: { output: cloud.console } }
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
    touch(cloud, server)
    return { status: 202 }
  })
}

/** Nova takes none of a server that is shelved, builds, or has failed. */
const takesMetadata = ['ACTIVE', 'PAUSED', 'SUSPENDED', 'SHUTOFF']

const actions: Readonly<Record<string, { readonly from: readonly string[]; readonly to: string }>> = {
  'os-stop': { from: ['ACTIVE'], to: 'SHUTOFF' },
  'os-start': { from: ['SHUTOFF'], to: 'ACTIVE' },
  pause: { from: ['ACTIVE'], to: 'PAUSED' },
  unpause: { from: ['PAUSED'], to: 'ACTIVE' },
  shelve: { from: ['ACTIVE', 'SHUTOFF'], to: 'SHELVED_OFFLOADED' },
  unshelve: { from: ['SHELVED_OFFLOADED'], to: 'ACTIVE' },
}

function alive(cloud: CloudState): readonly FakeServer[] {
  for (const id of cloud.servers.keys()) find(cloud, id)
  return [...cloud.servers.values()]
}

/** Undefined when it is gone; what Nova does by itself has happened. */
function find(cloud: CloudState, id: string): FakeServer | undefined {
  const server = cloud.servers.get(id)
  if (server === undefined) return undefined
  settle(cloud, server)
  const { deletedMs, createdMs } = server
  if (deletedMs === undefined || cloud.now() - deletedMs < cloud.deleteMs) return server
  cloud.servers.delete(id)
  // One that was not scheduled yet was a request only, and leaves nothing.
  if (deletedMs - createdMs >= cloud.scheduleMs) {
    cloud.deleted.push({
      ...server,
      status: 'DELETED',
      updatedMs: deletedMs + cloud.deleteMs,
      metadata: {},
      tags: [],
    })
  }
  for (const port of cloud.ports.values()) if (port.deviceId === id) port.deviceId = ''
  return undefined
}

function settle(cloud: CloudState, server: FakeServer): void {
  if (server.status !== 'BUILD' || cloud.now() - server.createdMs < cloud.buildMs) return
  server.status = 'ACTIVE'
  // What was done to it meanwhile may be later.
  server.updatedMs = Math.max(server.updatedMs ?? 0, server.createdMs + cloud.buildMs + cloud.skewMs())
}

/** Each of Nova's hosts stamps by its own clock. */
export function touch(cloud: CloudState, server: FakeServer): void {
  server.updatedMs = cloud.now() + cloud.skewMs()
}

interface CreateBody {
  readonly name: string
  readonly flavorRef: string
  readonly networks?: string | readonly { readonly port?: string }[]
  readonly availability_zone?: string
  readonly metadata?: Record<string, string>
  readonly tags?: readonly string[]
}

function create(cloud: CloudState, { json }: FakeRequest): FakeAnswer {
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
    createdMs: cloud.now(),
    updatedMs: fault === undefined ? undefined : cloud.now() + cloud.skewMs(),
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
