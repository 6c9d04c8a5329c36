import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { FakeCloud, recorded, type FakeRequest } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'
import { propertyRuns } from '../../../../scripts/lib/property-runs.js'

const detail = '/compute/v2.1/servers/detail'

/** A service that gives `count` servers in pages of `limit`, and links as a service behind a front makes them. */
const paged =
  (count: number) =>
  ({ url }: FakeRequest) => {
    const limit = Number(url.searchParams.get('limit') ?? 1000)
    const from = Number(url.searchParams.get('marker') ?? -1) + 1
    const servers = Array.from({ length: Math.max(0, Math.min(limit, count - from)) }, (_, index) => ({
      id: String(from + index),
    }))
    const last = servers.at(-1)?.id
    const query = new URLSearchParams(url.searchParams)
    query.set('marker', last ?? '')
    // Nova gives a link whenever the page is full.
    const links =
      servers.length === limit
        ? [{ rel: 'next', href: `http://10.0.0.1:8774/v2.1/servers/detail?${query.toString()}` }]
        : []
    return { status: 200, body: { servers, servers_links: links } }
  }

describe('a listing', () => {
  it('goes on to the next page of the recorded cloud', async () => {
    const fake = new FakeCloud()
      .on('GET', detail, { status: 200, body: { servers: [] } })
      .once('GET', detail, recorded('list-page-1'), recorded('list-page-2'))
    const { cloud } = open(fake)
    const found = await collect(cloud.compute.servers.list({ tags: ['asg:pool-a'], pageSize: 2 }))
    expect(found).toHaveLength(4)
    const [first, second] = fake.seen(detail)
    expect(first?.url.searchParams.get('limit')).toBe('2')
    expect(second?.url.searchParams.get('marker')).toMatch(/-/)
    expect(second?.url.searchParams.get('tags')).toBe('asg:pool-a')
    // The link said another host: the token goes to the service's own.
    expect(second?.url.host).toBe('cloud.test')
  })

  it('gives each thing once, in order, whatever the size of a page', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.integer({ min: 1, max: 12 }), async (count, pageSize) => {
        const { cloud, fake } = open(new FakeCloud().on('GET', detail, paged(count)))
        const ids = (await collect(cloud.compute.servers.list({ pageSize }))).map(({ id }) => id)
        expect(ids).toEqual(Array.from({ length: count }, (_, index) => String(index)))
        expect(fake.seen(detail)).toHaveLength(Math.floor(count / pageSize) + 1)
      }),
      { numRuns: propertyRuns(40) },
    )
  })

  it('asks for no page that nobody wants', async () => {
    const { cloud, fake } = open(new FakeCloud().on('GET', detail, paged(100)))
    for await (const server of cloud.compute.servers.list({ pageSize: 10 })) if (server.id === '14') break
    expect(fake.seen(detail)).toHaveLength(2)
  })

  it('asks for nothing before it is read', async () => {
    const { cloud, fake } = open()
    cloud.compute.servers.list()
    await Promise.resolve()
    expect(fake.requests).toEqual([])
  })

  it('does not go round for ever when the service gives the same page again', async () => {
    const body = { servers: [{ id: '1' }], servers_links: [{ rel: 'next', href: 'http://x/y?marker=1' }] }
    const { cloud } = open(new FakeCloud().on('GET', detail, { status: 200, body }))
    await expect(collect(cloud.compute.servers.list())).rejects.toMatchObject({ code: 'bad-answer' })
  })

  it('of images follows `next`', async () => {
    const images = '/image/v2/images'
    const fake = new FakeCloud().on('GET', images, {
      status: 200,
      body: { images: [{ id: 'last', name: 'x' }] },
    })
    fake.once('GET', images, recorded('images-list'))
    const found = await collect(open(fake).cloud.image.list({ pageSize: 2 }))
    expect(found.map(({ name }) => name)).toEqual(['oslab-guest', 'oslab-kernel', 'x'])
    expect(fake.requests.at(-1)?.url.searchParams.get('marker')).toMatch(/-/)
  })

  it('fails with what the service says, in the middle too', async () => {
    const fake = new FakeCloud()
      .replay('GET', detail, 'list-bad-marker-400')
      .once('GET', detail, recorded('list-page-1'))
    const seen: string[] = []
    const read = async (): Promise<void> => {
      for await (const { id } of open(fake).cloud.compute.servers.list()) seen.push(id)
    }
    await expect(read()).rejects.toMatchObject({
      code: 'bad-request',
      fault: expect.stringMatching(/marker/),
    })
    expect(seen).toHaveLength(2)
  })
})
