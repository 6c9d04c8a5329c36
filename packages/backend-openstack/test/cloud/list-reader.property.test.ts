import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/connection/connection.js'
import { ChangesKit, type Seen } from './list-reader-kit.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import type { FakeServer } from '../fake-cloud/cloud-state.js'
import { touch } from '../fake-cloud/fake-nova.js'
import { addForeign } from '../kit/openstack-kit.js'
import { propertyRuns } from '../../../../scripts/lib/property-runs.js'

const kinds = {
  ours: ['make', 'end', 'take', 'put to sleep'],
  strangers: ['make', 'delete', 'stop', 'fail', 'rebuild', 'lock', 'set metadata', 'make another’s'],
  /** No change to Nova: seen with the next list of all. */
  silent: ['lose a tag', 'lose metadata'],
} as const

type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'ours'; readonly what: (typeof kinds.ours)[number]; readonly which: number }
  | { readonly kind: 'strangers'; readonly what: (typeof kinds.strangers)[number]; readonly which: number }
  | { readonly kind: 'silent'; readonly what: (typeof kinds.silent)[number]; readonly which: number }

const which = fc.nat(1000)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(20_000) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('ours' as const), what: fc.constantFrom(...kinds.ours), which }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('strangers' as const),
      what: fc.constantFrom(...kinds.strangers),
      which,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('silent' as const),
      what: fc.constantFrom(...kinds.silent),
      which,
    }),
  },
)

const ours = (token: string) => ({ 'flotilla.group': 'web', 'flotilla.token': token })

/** What happens to one cloud. */
class World {
  readonly kit: ChangesKit
  readonly connection: Connection
  /** Made by us, and not ended by anybody. */
  readonly made = new Set<string>()

  constructor(kit: ChangesKit, connection: Connection) {
    this.kit = kit
    this.connection = connection
  }

  async do(one: Step): Promise<void> {
    if (one.kind === 'wait') return this.kit.clock.advance(one.ms)
    const { servers } = this.kit.fake
    const living = [...servers.values()].filter(({ deletedMs }) => deletedMs === undefined)
    const server = living[one.which % Math.max(1, living.length)]
    if (server === undefined) return undefined
    if (one.kind === 'ours') return this.#doOurs(one.what, server)
    if (one.kind === 'strangers') return this.#doStrangers(one.what, server)
    if (one.what === 'lose a tag') server.tags = []
    else server.metadata = {}
    this.made.delete(server.id)
    return this.kit.clock.advance(60_000)
  }

  async #doOurs(what: (typeof kinds.ours)[number], { id, status, isLocked }: FakeServer): Promise<void> {
    const { serverList, client } = this.connection
    const { servers } = client.compute
    switch (what) {
      case 'make': {
        const spec = { name: 'web-new', flavorId: '1', imageId: 'i', networks: 'none' } as const
        const made = await servers.create({ ...spec, metadata: ours('new'), tags: ['flotilla'] })
        this.made.add(made.id)
        return serverList.made(made.id)
      }
      case 'end': {
        // Nova refuses it.
        if (isLocked) return
        await servers.delete(id)
        this.made.delete(id)
        return serverList.endAsked(id)
      }
      case 'take': {
        // Of others Nova takes no metadata.
        if (!['ACTIVE', 'PAUSED', 'SHUTOFF'].includes(status)) return
        await servers.metadata.set(id, { 'flotilla.role': 'waking' })
        return serverList.changed(id)
      }
      case 'put to sleep': {
        if (status !== 'ACTIVE') return
        await servers.stop(id)
        return serverList.changed(id)
      }
    }
  }

  #doStrangers(what: (typeof kinds.strangers)[number], server: FakeServer): void {
    const { fake } = this.kit
    // What no host has begun to build is nothing that could be stopped or rebuilt.
    if (server.updatedMs === undefined && ['stop', 'fail', 'rebuild'].includes(what)) return
    switch (what) {
      case 'make': {
        const made = fake.servers.get(addForeign(fake, ours('theirs')))
        // It runs, so that it was scheduled a while ago.
        if (made !== undefined) Object.assign(made, { createdMs: fake.now() - 5000 })
        return
      }
      case 'make another’s': {
        addForeign(fake, {}, [])
        return
      }
      case 'delete': {
        server.deletedMs = fake.now()
        this.made.delete(server.id)
        break
      }
      case 'stop': {
        server.status = 'SHUTOFF'
        break
      }
      case 'fail': {
        server.status = 'ERROR'
        break
      }
      case 'rebuild': {
        server.status = 'REBUILD'
        break
      }
      case 'lock': {
        server.isLocked = !server.isLocked
        break
      }
      case 'set metadata': {
        server.metadata = { ...server.metadata, other: String(fake.now()) }
        break
      }
    }
    touch(fake, server)
  }

  /** What the changes tell, and what a list of all does. */
  async look(): Promise<{ readonly seen: readonly Seen[]; readonly truth: readonly Seen[] }> {
    return { seen: await this.kit.look(this.connection), truth: await this.kit.truth() }
  }

  /** Those made by us that are not seen, and the seen that are gone. */
  wrong(seen: readonly Seen[]): readonly string[] {
    const ids = new Set(seen.map(({ id }) => id))
    const { servers } = this.kit.fake
    return [...[...this.made].filter((id) => !ids.has(id)), ...[...ids].filter((id) => !servers.has(id))]
  }
}

/** What is in BUILD may be in one and not in the other: Nova finds it by its tag late, and by its last change too. */
const built = (seen: readonly Seen[]): readonly Seen[] => seen.filter(({ status }) => status !== 'BUILD')

describe('the servers that are known by their changes', () => {
  it('are those that a list of all shows, whatever we and strangers do', async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.infiniteStream(fc.integer({ min: -10_000, max: 10_000 })),
      async (steps, skews) => {
        const kit = new ChangesKit(await FakeCloud.open())
        try {
          kit.fake.skewMs = () => skews.next().value as number
          Object.assign(kit.fake, { scheduleMs: 2000, buildMs: 6000, deleteMs: 3000 })
          kit.addServers(30)
          const world = new World(kit, await kit.settled())
          for (const one of steps) {
            await world.do(one)
            const { seen, truth } = await world.look()
            expect(built(seen)).toEqual(built(truth))
            expect(world.wrong(seen)).toEqual([])
          }
        } finally {
          await kit.close()
        }
      },
    )
    await fc.assert(property, { numRuns: propertyRuns(20) })
  }, 120_000)
})
