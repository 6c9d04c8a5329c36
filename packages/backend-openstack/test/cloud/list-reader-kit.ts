import { FakeClock } from '@flotilla/core/testing'
import { afterEach, beforeEach } from 'vitest'
import type { OpenStackCloudOptions } from '../../src/connection/cloud-options.js'
import type { Connection } from '../../src/connection/connection.js'
import { signal } from '../kit/cloud-tests.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { addForeign, fakeConnection } from '../kit/openstack-kit.js'

/** A server as the tests compare it. */
export interface Seen {
  readonly id: string
  readonly status: string
  readonly isDeleting: boolean
  readonly isLocked: boolean | undefined
  readonly name: string
  readonly metadata: Readonly<Record<string, string>>
  readonly addresses: readonly string[]
}

/** A fake cloud and a serverList on it whose time stands still, and what the serverList asks Nova for. */
export class ChangesKit {
  readonly fake: FakeCloud
  readonly clock = new FakeClock()
  readonly #open: Connection[] = []
  /** How far the cloud's clock is from ours. */
  cloudAheadMs = 5 * 365 * 86_400_000

  constructor(fake: FakeCloud) {
    this.fake = fake
    fake.now = () => Date.UTC(2026, 0, 1) + this.clock.monotonic() + this.cloudAheadMs
  }

  connect(options: OpenStackCloudOptions = {}): Connection {
    const cloud = { listMaxAgeMs: 0, ...options }
    const connection = fakeConnection(this.fake, { clock: this.clock, cloud })
    this.#open.push(connection)
    return connection
  }

  /**
   * One that has got over its start: over the two minutes in which what is in BUILD is looked at, and the half minute in
   * which the servers that were there count as changed just before. The next 24 seconds have no list of all.
   */
  async settled(options: OpenStackCloudOptions = {}): Promise<Connection> {
    const connection = this.connect(options)
    await this.clock.advance(130_000)
    await this.look(connection)
    await this.clock.advance(31_000)
    await this.look(connection)
    await this.clock.advance(5000)
    return connection
  }

  /** Servers that run, of the group `web`. */
  addServers(count: number): readonly string[] {
    return Array.from({ length: count }, (_, index) =>
      addForeign(this.fake, { 'flotilla.group': 'web', 'flotilla.token': `t${index}` }),
    )
  }

  async look({ serverList }: Connection): Promise<readonly Seen[]> {
    serverList.invalidate()
    const ownedServers = await serverList.of('web', { signal })
    return ownedServers
      .map(({ server: { id, status, isDeleting, isLocked, name, metadata, addresses } }) => {
        const hosts = addresses.map(({ address }) => address)
        return { id, status, isDeleting, isLocked, name, metadata, addresses: hosts }
      })
      .toSorted((a, b) => a.id.localeCompare(b.id))
  }

  /** What Nova shows to one who asks for all. */
  async truth(): Promise<readonly Seen[]> {
    return this.look(this.connect({ fullListMs: 0 }))
  }

  /** The kinds of calls that a look makes. */
  async callsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
    const { requests } = this.fake.http
    const before = requests.length
    await work()
    return requests.slice(before).flatMap(({ name, query }) => {
      if (name === 'getServer') return ['one']
      if (name !== 'listServers' || query.has('marker')) return []
      if (query.has('changes-since')) return ['changes']
      return [query.has('status') ? 'building' : 'all']
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map(async (connection) => connection.close()))
    await this.fake.http.close()
  }
}

/** A kit for each test of a block. */
export function changesTests(): { kit: ChangesKit } {
  const tests = { kit: new ChangesKit(new FakeCloud()) }
  beforeEach(async () => {
    tests.kit = new ChangesKit(await FakeCloud.open())
  })
  afterEach(async () => tests.kit.close())
  return tests
}
