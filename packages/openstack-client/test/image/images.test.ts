import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { FakeCloud, recorded } from '../fake-cloud/fake-cloud.js'
import { listen } from '../fake-cloud/listen.js'
import { auth, open } from '../fake-cloud/open.js'

const at = '/image/v2/images'
const uuid = '06ac5a00-df12-4a5c-9317-b9b9405dd31d'

describe('Glance', () => {
  it('reads images, and what is not its own is a property', async () => {
    const { cloud } = open(new FakeCloud().replay('GET', at, 'images-by-name'))
    const [image] = await collect(cloud.image.list({ name: 'oslab-guest' }))
    expect(image).toMatchObject({
      status: 'active',
      visibility: 'public',
      diskFormat: 'raw',
      createdAt: expect.any(Number),
    })
    expect(Object.keys(image?.properties ?? {})).not.toContain('checksum')
    expect(Object.keys(image?.properties ?? {})).not.toContain('os_hash_value')
  })

  it('filters by tags, properties and names with a comma', async () => {
    const { cloud, fake } = open(new FakeCloud().on('GET', at, { status: 200, body: { images: [] } }))
    await collect(
      cloud.image.list({ name: 'a,b', tags: ['x', 'y'], properties: { role: 'web' }, status: 'active' }),
    )
    const query = fake.requests.at(-1)?.url.searchParams
    expect(query?.getAll('tag')).toEqual(['x', 'y'])
    expect([query?.get('role'), query?.get('name')]).toEqual(['web', 'in:"a,b"'])
  })

  it('gives the newest that has a property, also where the cloud passes over the filter', async () => {
    const image = (id: string, role: string) => ({ id, name: 'golden', status: 'active', role })
    const fake = new FakeCloud().on('GET', at, {
      status: 200,
      body: { images: [image('3', 'db'), image('2', 'web'), image('1', 'web')] },
    })
    expect(await open(fake).cloud.image.newest({ properties: { role: 'web' } })).toMatchObject({ id: '2' })
    expect(fake.requests.at(-1)?.url.searchParams.get('sort')).toBe('created_at:desc')
    expect(await open(fake).cloud.image.newest({ properties: { role: 'none' } })).toBeUndefined()
  })

  it('says that an image is missing, and that a name is not one image', async () => {
    const fake = new FakeCloud().replay('GET', `${at}/${uuid}`, 'image-404')
    await expect(open(fake).cloud.image.get(uuid)).rejects.toMatchObject({
      code: 'not-found',
      service: 'image',
    })
    const two = {
      status: 200,
      body: {
        images: [
          { id: '1', name: 'a' },
          { id: '2', name: 'a' },
        ],
      },
    }
    fake.on('GET', at, two)
    await expect(open(fake).cloud.image.find('a')).rejects.toMatchObject({ code: 'ambiguous' })
  })

  it('sets and removes properties', async () => {
    const body = { id: 'i', name: 'n', status: 'active', old: 'x', gone: 'y' }
    const fake = new FakeCloud()
      .on('GET', `${at}/i`, { status: 200, body })
      .on('PATCH', `${at}/i`, { status: 200, body })
    await open(fake).cloud.image.update('i', { old: 'z', 'new/one': 'n', gone: undefined, never: undefined })
    expect(fake.requests.at(-1)?.json).toEqual([
      { op: 'replace', path: '/old', value: 'z' },
      { op: 'add', path: '/new~1one', value: 'n' },
      { op: 'remove', path: '/gone' },
    ])
    expect(fake.requests.at(-1)?.headers.get('content-type')).toBe(
      'application/openstack-images-v2.1-json-patch',
    )
  })

  it('deletes, and deleting the gone is no error', async () => {
    const fake = new FakeCloud().on('DELETE', `${at}/i`, { status: 204 })
    expect(await open(fake).cloud.image.delete('i')).toBe(true)
    expect(await open(fake).cloud.image.delete('gone')).toBe(false)
  })
})

describe('an upload', () => {
  const bytes = new Uint8Array(1_000_000).map((_, index) => index % 251)
  const digest = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

  async function upload(source: 'file' | 'bytes' | 'open' | 'open without size', fake = new FakeCloud()) {
    const folder = mkdtempSync(join(tmpdir(), 'openstack-client-'))
    const file = join(folder, 'disk.raw')
    writeFileSync(file, bytes)
    const sums: string[] = []
    let lengths: (string | undefined)[] = []
    fake.on('PUT', `${at}/i/file`, (request) => {
      sums.push(digest(Buffer.from(request.text, 'latin1')))
      lengths = [...lengths, request.headers.get('content-length') ?? undefined]
      return { status: 204 }
    })
    const server = await listen(fake)
    const progress: number[] = []
    const { cloud } = open(fake, { auth: { ...auth, authUrl: `${server.url}/identity/v3` }, send: undefined })
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 10)
      yield bytes.subarray(10)
    }
    const sources = {
      file: { file },
      bytes: { bytes },
      open: { open: pieces, sizeBytes: bytes.byteLength },
      'open without size': { open: pieces },
    }
    try {
      await cloud.image.upload('i', sources[source], {
        onProgress: ({ sentBytes }) => progress.push(sentBytes),
      })
    } finally {
      await cloud.close()
      await server.close()
      rmSync(folder, { recursive: true })
    }
    return { sums, lengths, progress, fake }
  }

  it.each([
    ['file', '1000000'],
    ['bytes', '1000000'],
    ['open', '1000000'],
    ['open without size', undefined],
  ] as const)(
    'of %s arrives whole, over a real connection, and tells its progress',
    async (source, length) => {
      const { sums, lengths, progress } = await upload(source)
      expect(sums).toEqual([digest(bytes)])
      expect(lengths).toEqual([length])
      expect(progress.length).toBeGreaterThan(1)
      expect(progress).toEqual(progress.toSorted((a, b) => a - b))
      expect(progress.at(-1)).toBe(bytes.byteLength)
    },
  )

  it('begins anew with a new token after a 401', async () => {
    const fake = new FakeCloud()
    const refused = upload('bytes', fake)
    fake.once('PUT', `${at}/i/file`, recorded('glance-bad-token-401'))
    const { sums, progress } = await refused
    expect(sums).toEqual([digest(bytes)])
    expect(progress.filter((sent) => sent === bytes.byteLength).length).toBeGreaterThan(0)
    expect(fake.seen('/identity/v3/auth/tokens')).toHaveLength(2)
  })

  it('that fails in the middle is not sent twice', async () => {
    const fake = new FakeCloud().on('PUT', `${at}/i/file`, { status: 503 })
    const { cloud } = open(fake)
    await expect(cloud.image.upload('i', { bytes })).rejects.toMatchObject({
      code: 'unavailable',
      maybeDone: true,
    })
    expect(fake.seen(`${at}/i/file`)).toHaveLength(1)
  })

  it('of a file that is not there is refused before anything is sent', async () => {
    const { cloud, fake } = open()
    await expect(cloud.image.upload('i', { file: '/nope/disk' })).rejects.toMatchObject({
      code: 'invalid-options',
    })
    expect(fake.requests).toEqual([])
  })

  it('fails with what its source says', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10)
      throw new Error('the disk is broken')
    }
    const { cloud } = open(new FakeCloud().on('PUT', `${at}/i/file`, { status: 204 }))
    await expect(cloud.image.upload('i', { open: broken })).rejects.toThrow(/the disk is broken/)
  })
})
