import { randomUUID } from 'node:crypto'
import { FakeHttp } from './fake-http.js'

export interface FakePort {
  readonly id: string
  readonly name: string
  readonly networkId: string
  readonly address: string
  readonly securityGroups: readonly string[]
  readonly body: Readonly<Record<string, unknown>>
  deviceId: string
  readonly createdMs: number
  /** Default: that of the token. */
  readonly projectId?: string
}

export interface FakeFloatingIp {
  readonly id: string
  readonly address: string
  portId: string
  description: string
  readonly createdMs: number
}

export interface FakeServer {
  readonly id: string
  name: string
  readonly createdMs: number
  /** The stamp of its last change; undefined until its host begins to build it. */
  updatedMs: number | undefined
  readonly body: Readonly<Record<string, unknown>>
  readonly hints: Readonly<Record<string, unknown>>
  tags: readonly string[]
  readonly zone: string
  metadata: Record<string, string>
  status: string
  taskState?: string | undefined
  powerState?: number
  fault: string | undefined
  isLocked: boolean
  deletedMs: number | undefined
  /** Whole CPU time, and when it was set: cores in use since then. */
  use: { cores: number; memoryBytes: number; sinceMs: number }
}

/** What a fake cloud has, and how it behaves. Tests set it; the routes read and change it. */
export class CloudState {
  readonly http: FakeHttp = new FakeHttp()
  readonly servers = new Map<string, FakeServer>()
  /** What a list of changes says of those that are gone. */
  readonly deleted: FakeServer[] = []
  readonly ports = new Map<string, FakePort>()
  readonly floatingIps = new Map<string, FakeFloatingIp>()
  readonly tokens = new Set<string>()
  /** The cloud's clock, and how far one of its hosts is from it when it stamps a change. */
  now: () => number = Date.now
  skewMs: () => number = () => 0
  maxMicroversion = '2.93'
  /** From the create to ACTIVE; `Infinity` hangs in BUILD. */
  buildMs = 0
  /** From the create until a list by tags shows it. */
  scheduleMs = 0
  /** From the delete to the 404. */
  deleteMs = 0
  /** A create beyond the quota is taken on, and comes to ERROR: of several at one time, Nova finds it so. */
  findsQuotaLate = false
  /** A deleted server is kept to be restored; and whether only an admin may end that. */
  softDeletes = false
  refusesForce = false
  /** What every server has written to its console. */
  console = ''
  /** So many deletes are taken on and come to nothing. */
  forgottenDeletes = 0
  quota = { instances: 100, cores: 1000, ram: 1_000_000 }
  /** Servers that fit in a zone. */
  room: Readonly<Record<string, number>> = {}
  isAdmin = true
  images: { id: string; name: string; created_at: string; status: string; [property: string]: string }[] = [
    image('web', '2026-01-01T00:00:00Z'),
  ]
  readonly flavors = [{ id: '1', name: 'm1.tiny', vcpus: 2, ram: 512, disk: 1 }]
  readonly networks = ['net', 'public'].map((name) => ({ id: randomUUID(), name }))
  readonly subnets = [{ id: randomUUID(), name: 'sub' }]
  readonly securityGroups: { id: string; name: string; project_id?: string }[] = [
    { id: randomUUID(), name: 'web-sg' },
  ]
  readonly serverGroups = [{ id: randomUUID(), name: 'apart', policy: 'anti-affinity', members: [] }]
  #made = 0

  address(): string {
    this.#made += 1
    return `10.0.${this.#made >> 8}.${this.#made & 255}`
  }
}

export const image = (
  name: string,
  createdAt: string,
  properties: Readonly<Record<string, string>> = {},
): CloudState['images'][number] => ({
  id: randomUUID(),
  name,
  created_at: createdAt,
  status: 'active',
  ...properties,
})
