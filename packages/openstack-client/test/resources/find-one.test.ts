import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patternOfName } from '../../src/compute/server-filter.js'
import { findOne } from '../../src/resources/find-one.js'
import { OpenStackError } from '../../src/openstack-error.js'
import { FakeCloud, recorded } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'

const uuid = 'fcd843b7-9dda-4ee8-9fec-294062f44049'

async function* these(...things: readonly { id: string; name: string }[]) {
  yield* things
}

const search = { service: 'image', kind: 'image' }

describe('a thing', () => {
  it('is found by its name, exactly', async () => {
    const named = () =>
      these({ id: '1', name: 'web-10' }, { id: '2', name: 'web-1' }, { id: '3', name: 'WEB-1' })
    expect(await findOne({ ...search, nameOrId: 'web-1', named })).toEqual({ id: '2', name: 'web-1' })
    expect(await findOne({ ...search, nameOrId: 'web', named })).toBeUndefined()
  })

  it('is not chosen among several of its name', async () => {
    const named = () => these({ id: '1', name: 'a' }, { id: '2', name: 'a' })
    await expect(findOne({ ...search, nameOrId: 'a', named })).rejects.toMatchObject({
      code: 'ambiguous',
      message: 'image: find image a: 2 have the name: 1, 2; use the id',
    })
  })

  it('is found by its id before any name', async () => {
    const get = async (id: string) => ({ id, name: 'by id' })
    const named = () => these({ id: 'x', name: uuid })
    expect(await findOne({ ...search, nameOrId: uuid, get, named })).toEqual({ id: uuid, name: 'by id' })
    const listed = () => these({ id: 'y', name: '2' }, { id: '2', name: 'm1.small' })
    expect(await findOne({ ...search, nameOrId: '2', named: listed })).toMatchObject({ name: 'm1.small' })
  })

  it('whose name looks like an id is found', async () => {
    const get = async () => {
      throw new OpenStackError('not-found', 'no')
    }
    const named = () => these({ id: 'x', name: uuid })
    expect(await findOne({ ...search, nameOrId: uuid, get, named })).toEqual({ id: 'x', name: uuid })
  })

  it('is not said to be missing when the service fails', async () => {
    const get = async () => {
      throw new OpenStackError('unavailable', 'down')
    }
    await expect(findOne({ ...search, nameOrId: uuid, get, named: () => these() })).rejects.toThrow('down')
  })
})

describe('a server', () => {
  it('is found by name though Nova takes a name for a regular expression', async () => {
    const fake = new FakeCloud().replay('GET', '/compute/v2.1/servers/detail', 'list-by-name')
    const { cloud } = open(fake)
    expect(await cloud.compute.servers.find('pool-a-0001x')).toMatchObject({ id: uuid })
    expect(fake.requests.at(-1)?.url.searchParams.get('name')).toBe('^pool-a-0001x$')
  })

  it('is never missed by the pattern of its name', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => !/[\n\r\u2028\u2029]/.test(name)),
        (name) => {
          expect(name).toMatch(new RegExp(patternOfName(name)))
        },
      ),
    )
  })

  it('is found by id, and by name when there is none of that id', async () => {
    const fake = new FakeCloud().replay('GET', `/compute/v2.1/servers/${uuid}`, 'server-get-active')
    expect(await open(fake).cloud.compute.servers.find(uuid)).toMatchObject({ name: 'pool-a-0001' })
    fake.on('GET', `/compute/v2.1/servers/${uuid}`, recorded('server-get-404'))
    fake.replay('GET', '/compute/v2.1/servers/detail', 'list-by-tags-none')
    expect(await open(fake).cloud.compute.servers.find(uuid)).toBeUndefined()
  })
})
