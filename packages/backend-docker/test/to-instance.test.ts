import type { Instance } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import type { ContainerFacts } from '../src/engine/container-facts.js'
import { toInstance, type Surroundings } from '../src/to-instance.js'
import { detailsOf, label, nothing, summaryOf } from './recorded-containers.js'

describe('an instance', () => {
  const surroundings: Surroundings = {
    template: { port: 8080, network: 'fnet', address: 'ip', publishOn: undefined },
    connection: { kind: 'socket', path: '/d.sock' },
    zone: 'rack-1',
    own: nothing,
  }

  const withTemplate = (template: Partial<Surroundings['template']>): Surroundings => ({
    ...surroundings,
    template: { ...surroundings.template, ...template },
  })

  it('is the same, told by a list or looked at by itself', () => {
    const summary = toInstance(summaryOf('running'), label, surroundings)
    expect(toInstance(detailsOf('running'), label, surroundings)).toEqual(summary)
    expect(summary).toMatchObject({
      name: 'web-running',
      status: 'running',
      zone: 'rack-1',
      templateHash: 'abc',
      address: { port: 8080 },
    })
    expect(summary.address?.host).toMatch(/^172\.18\.0\.\d+$/)
  })

  it('has its name, or the short id where the name is too long for DNS', () => {
    const facts = summaryOf('running')
    expect(toInstance(facts, label, withTemplate({ address: 'name' })).address).toEqual({
      host: 'web-running',
      port: 8080,
    })
    const long = toInstance({ ...facts, name: 'x'.repeat(64) }, label, withTemplate({ address: 'name' }))
    expect(long.address).toEqual({ host: facts.id.slice(0, 12), port: 8080 })
  })

  it('has the port of the host that Docker chose, at the host that the engine is on', () => {
    const facts = summaryOf('running')
    const published = withTemplate({ address: 'published' })
    const port = facts.published[0]?.port
    expect(toInstance(facts, label, published).address).toEqual({ host: '127.0.0.1', port })
    const everywhere = { ...facts, published: facts.published.map((one) => ({ ...one, host: '0.0.0.0' })) }
    expect(toInstance(everywhere, label, published).address).toEqual({ host: '127.0.0.1', port })
    const connection = { kind: 'ssh', host: 'box', port: undefined, user: undefined } as const
    expect(toInstance(everywhere, label, { ...published, connection }).address).toEqual({ host: 'box', port })
  })

  it('has no address while it does not run: a stranger may have it by now', () => {
    const facts = { ...summaryOf('running'), state: 'exited' }
    expect(toInstance(facts, label, surroundings).address).toBeUndefined()
    expect(toInstance(facts, label, withTemplate({ address: 'name' })).address).toBeUndefined()
  })

  it('has the address of its own network only, by name or by id, whatever others were joined', () => {
    const facts = summaryOf('running')
    const other = { other: { NetworkID: 'b'.repeat(64), IPAddress: '10.9.9.9' } }
    const both = { ...other, fnet: { NetworkID: 'a'.repeat(64), IPAddress: '172.18.0.2' } }
    const told = (network: string | undefined, networks: ContainerFacts['networks']): Partial<Instance> =>
      toInstance({ ...facts, networks }, label, withTemplate({ network }))
    for (const network of ['fnet', 'a'.repeat(64), 'a'.repeat(12)]) {
      expect(told(network, both).address).toEqual({ host: '172.18.0.2', port: 8080 })
      const left = told(network, other)
      expect(left.address).toBeUndefined()
      expect(left).toMatchObject({
        status: 'running',
        statusReason: `it is not in network ${network}; docker network connect ${network} web-running would bring it back`,
      })
    }
    expect(told(undefined, other).address).toBeUndefined()
    expect(told(undefined, { podman: { IPAddress: '10.88.0.2' } }).address?.host).toBe('10.88.0.2')
  })

  it('has no name in a network that it is not in any more, and says so', () => {
    const named = withTemplate({ address: 'name' })
    const left = toInstance({ ...summaryOf('running'), networks: {} }, label, named)
    expect(left.address).toBeUndefined()
    expect(left.statusReason).toContain('it is not in network fnet')
  })

  it('has no address without a port', () => {
    expect(toInstance(summaryOf('running'), label, withTemplate({ port: undefined })).address).toBeUndefined()
  })
})
