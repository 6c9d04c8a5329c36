import type { CloudState, FakeServer } from './cloud-state.js'
import { novaFault, type FakeAnswer, type FakeRequest } from './fake-http.js'

const pageSize = 20

/** Nova's list, as the real one was found to answer: see the comment of `ListReader`. */
export function listServers(
  cloud: CloudState,
  alive: readonly FakeServer[],
  { query, headers }: FakeRequest,
): FakeAnswer {
  const version = /compute (\d+)\.(\d+)/.exec(String(headers['openstack-api-version'] ?? ''))
  const hasTags = Number(version?.[2] ?? 1) >= 26
  const tags = hasTags ? (query.get('tags')?.split(',') ?? []) : []
  const status = query.get('status')
  const since = query.get('changes-since')
  if (since !== null && Number.isNaN(Date.parse(since)))
    return novaFault(400, 'Invalid input for query parameters changes-since.', 'badRequest')
  const isScheduled = ({ createdMs }: FakeServer): boolean => cloud.now() - createdMs >= cloud.scheduleMs
  const isChanged = (server: FakeServer): boolean =>
    since === null || !isScheduled(server) || (server.updatedMs ?? -Infinity) >= Date.parse(since)
  const all = [...alive, ...(since === null ? [] : cloud.deleted)].filter(
    (server) =>
      tags.every((tag) => server.tags.includes(tag)) &&
      (tags.length === 0 || isScheduled(server)) &&
      (status === null || server.status === status) &&
      isChanged(server),
  )
  const limit = Math.min(Number(query.get('limit') ?? pageSize), pageSize)
  const from = all.findIndex(({ id }) => id === query.get('marker')) + 1
  const page = all.slice(from, from + limit)
  const next = new URLSearchParams(query)
  next.set('marker', page.at(-1)?.id ?? '')
  const hasMore = from + limit < all.length
  const servers_links = [
    { rel: 'next', href: `${cloud.http.url}/compute/v2.1/servers/detail?${next.toString()}` },
  ]
  // Nova's list has no fault of a server in another database than the one its API is set up with.
  const servers = page.map((server) => shownServer(cloud, { ...server, fault: undefined }))
  return { status: 200, body: { servers, ...(hasMore ? { servers_links } : {}) } }
}

/** A server in full. */
export function shownServer(cloud: CloudState, server: FakeServer): object {
  const ports = [...cloud.ports.values()].filter(({ deviceId }) => deviceId === server.id)
  const isUp = server.status !== 'BUILD' && server.status !== 'ERROR' && server.status !== 'DELETED'
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
    created: inSeconds(server.createdMs),
    updated: inSeconds(server.updatedMs ?? cloud.now()),
    metadata: server.metadata,
    tags: server.tags,
    addresses: isUp ? { net: addresses } : {},
    'OS-EXT-AZ:availability_zone': server.status === 'BUILD' ? '' : server.zone,
    'OS-EXT-STS:task_state':
      server.deletedMs === undefined || server.status === 'DELETED' ? (server.taskState ?? null) : 'deleting',
    'OS-EXT-STS:power_state': server.powerState ?? 1,
    locked: server.isLocked,
    ...(server.fault === undefined
      ? {}
      : { fault: { code: 500, message: server.fault, created: new Date(server.createdMs).toISOString() } }),
  }
}

const inSeconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+/, '')
