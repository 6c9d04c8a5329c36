import { readFileSync } from 'node:fs'
import { compileFunction } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import * as client from '../src/index.js'
import { FakeCloud, recorded } from './fake-cloud/fake-cloud.js'
import { auth } from './fake-cloud/open.js'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const readme = read('../README.md')
const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code)

/** Runs an example as it stands in the README on a fake cloud, and gives what it printed. */
async function run(code: string, fake: FakeCloud): Promise<string[]> {
  const names: string[] = []
  const body = code.replace(/^import \{([^}]*)\} from .*$/gm, (_, list: string) => {
    names.push(...list.split(',').map((one) => one.trim()))
    return ''
  })
  const exported: Readonly<Record<string, unknown>> = {
    ...client,
    connect: () => client.connect({ auth, send: fake.send, environment: {}, retries: { delayMs: 1 } }),
  }
  const printed: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...words) => void printed.push(words.join(' ')))
  try {
    const example = compileFunction(`return (async () => {${body}})()`, names) as (
      ...given: unknown[]
    ) => Promise<void>
    await example(...names.map((name) => exported[name]))
    return printed
  } finally {
    log.mockRestore()
  }
}

describe('the README', () => {
  it('makes a server, lists and deletes it as it says', async () => {
    const servers = '/compute/v2.1/servers'
    const one = /^\/compute\/v2.1\/servers\/[0-9a-f-]+$/
    const fake = new FakeCloud()
      .replay('GET', '/compute/v2.1/flavors/detail', 'flavors-detail')
      .on('GET', '/image/v2/images', { status: 200, body: { images: [{ id: 'i', name: 'g', role: 'web' }] } })
      .replay('GET', '/network/v2.0/networks', 'networks-list')
      .replay('POST', servers, 'server-create-202')
      .replay('GET', one, 'server-get-404')
      .once('GET', one, recorded('server-get-active'))
      .replay('GET', `${servers}/detail`, 'list-by-tags')
      .replay('DELETE', one, 'server-delete-204')
    const printed = await run(examples[0] ?? '', fake)
    expect(printed[0]).toBe('pool-a-0001 10.78.2.195')
    expect(printed.slice(1).every((line) => /^\S+ ACTIVE$/.test(line))).toBe(true)
    expect(fake.seen(one, 'DELETE')).toHaveLength(1)
  })

  it.each([
    ['quota-instances-403', /^full: Quota exceeded for instances/],
    ['err-bad-flavor-400', /^bad-request 400 req-/],
  ])('tells errors apart as it says: %s', async (name, wanted) => {
    const [printed] = await run(
      examples[1] ?? '',
      new FakeCloud().replay('POST', '/compute/v2.1/servers', name),
    )
    expect(printed).toMatch(wanted)
  })

  it('says to look after a lost reply', async () => {
    const fake = new FakeCloud().on('POST', '/compute/v2.1/servers', { status: 502 })
    expect(await run(examples[1] ?? '', fake)).toEqual(['look for web-2 before asking again'])
  })

  it('calls a service of a former name as it says', async () => {
    const url = 'http://cloud.test/volume/v3'
    const catalog = [{ type: 'volumev3', endpoints: [{ interface: 'public', url }] }]
    const token = { expires_at: '2099-01-01T00:00:00Z', catalog }
    const range = { id: 'v3.0', min_version: '3.0', version: '3.60' }
    const fake = new FakeCloud()
      .on('POST', '/identity/v3/auth/tokens', {
        status: 201,
        headers: { 'x-subject-token': 'token' },
        body: { token },
      })
      .on('GET', '/volume/v3/', { status: 200, body: { versions: [range] } })
      .on('GET', '/volume/v3/volumes/b5f2', { status: 200, body: { volume: { status: 'in-use' } } })
    fake.tokens.add('token')
    expect(await run(examples[2] ?? '', fake)).toEqual(['in-use'])
    expect(fake.requests.at(-1)?.headers.get('openstack-api-version')).toBe('volume 3.60')
    expect(examples).toHaveLength(3)
  })

  it('has every option and every code in its tables', () => {
    const fieldsOf = (text: string): string[] =>
      [...text.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name)
    const options = fieldsOf(
      read('../src/config/connect-options.ts').split('export interface ConnectOptions')[1] ?? '',
    )
    const codes = [...read('../src/openstack-error.ts').matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(
      ([, code = '']) => code,
    )
    expect([options.length, codes.length]).toEqual([21, 17])
    const firstCells = readme
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|')[1] ?? '')
    for (const name of [...options, ...codes]) expect(firstCells.join()).toContain(`\`${name}\``)
  })

  it('has every call in its table', () => {
    const cloud = client.connect({ auth, environment: {} })
    const { compute, image, network, placement, loadBalancer } = cloud
    const methodsOf = (value: object): string[] => {
      const type = Object.getPrototypeOf(value) as object
      if (type === Object.prototype) return []
      const own = Object.getOwnPropertyNames(type).filter((name) => name !== 'constructor')
      return [...own, ...methodsOf(type)]
    }
    const parts = [
      cloud,
      compute,
      compute.servers,
      compute.servers.tags,
      compute.servers.metadata,
      compute.servers.insight,
    ]
    const all = [...parts, image, network, network.ports, placement, loadBalancer, loadBalancer.members('p')]
    const table = readme.slice(readme.indexOf('## Calls'), readme.indexOf('## What it promises'))
    for (const name of all.flatMap(methodsOf))
      expect(table).toMatch(new RegExp(`\`(service\\(type\\)\\.)?${name}\\b`))
  })
})
