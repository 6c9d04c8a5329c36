import { readFileSync } from 'node:fs'
import type { Instance } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { factsOfDetails, factsOfSummary, type ContainerFacts } from '../src/engine/container-facts.js'
import { statusOf } from '../src/status.js'
import type { ContainerDetails, ContainerSummary } from '@flotilla/docker-engine'
import { readLabel, type Label } from '../src/labels.js'
import { toInstance, type Surroundings } from '../src/to-instance.js'

const { list, inspect } = JSON.parse(
  readFileSync(new URL('../../docker-engine/test/fixtures/containers.json', import.meta.url), 'utf8'),
) as { list: readonly ContainerSummary[]; inspect: Readonly<Record<string, ContainerDetails>> }

const summaryOf = (token: string): ContainerFacts => {
  const found = list.find(({ Labels }) => Labels?.['flotilla.token'] === token)
  if (found === undefined) throw new Error(`no fixture ${token}`)
  return factsOfSummary(found)
}
const detailsOf = (token: string): ContainerFacts => {
  const found = inspect[token]
  if (found === undefined) throw new Error(`no fixture ${token}`)
  return factsOfDetails(found)
}

const nothing = { isLaunching: false, isNew: false, wasOutOfMemory: false, secrets: [] }

describe('the status of a container', () => {
  const table: readonly (readonly [token: string, status: string, reason: RegExp | undefined])[] = [
    ['running', 'running', undefined],
    ['created', 'failed', /^its launch was broken off before it started$/],
    ['exited', 'stopped', /^exited with code 3$/],
    ['killed', 'stopped', /^exited with code 137 \(SIGKILL\)$/],
    ['failed', 'stopped', /^exited with code 127 \(the command was not found\)$/],
    ['paused', 'paused', /paused/],
    // `Running` is true beside it: the state decides.
    ['looping', 'failed', /^it keeps crashing: restarted \d+ times, last exited with code 1$/],
  ]
  for (const [token, status, reason] of table) {
    it(`${token} is ${status}`, () => {
      const found = statusOf(detailsOf(token), nothing)
      expect(found.status).toBe(status)
      if (reason === undefined) expect(found.statusReason).toBeUndefined()
      else expect(found.statusReason).toMatch(reason)
    })
  }

  it('is told from a list alone as far as that goes', () => {
    expect(statusOf(summaryOf('exited'), nothing)).toEqual({
      status: 'stopped',
      statusReason: 'exited with code 3',
    })
    expect(statusOf(summaryOf('looping'), nothing).status).toBe('pending')
    expect(statusOf(summaryOf('unhealthy'), nothing)).toEqual({
      status: 'running',
      impaired: 'its HEALTHCHECK fails',
    })
  })

  it('is pending while this very program launches it, or another may', () => {
    for (const own of [{ isLaunching: true }, { isNew: true }]) {
      expect(statusOf(summaryOf('created'), { ...nothing, ...own })).toEqual({ status: 'pending' })
    }
    const refused = { ...detailsOf('created').details, Error: 'port is taken' } as ContainerFacts['details']
    const found = statusOf({ ...detailsOf('created'), details: refused }, { ...nothing, isNew: true })
    expect(found).toEqual({ status: 'failed', statusReason: 'port is taken' })
  })

  it('is impaired while its HEALTHCHECK has not passed, or fails, with what that said', () => {
    const running = detailsOf('running')
    const impaired = (health: ContainerFacts['health'], secrets: readonly string[] = []): unknown =>
      statusOf({ ...running, health }, { ...nothing, secrets }).impaired
    expect(impaired({ state: 'starting' })).toBe('its HEALTHCHECK has not passed yet')
    expect(impaired({ state: 'healthy' })).toBeUndefined()
    expect(impaired(undefined)).toBeUndefined()
    const last = { exitCode: 1, output: 'wget: http://ops:pw@x/?k=hunter2 refused\n' }
    expect(impaired({ state: 'unhealthy', last }, ['hunter2'])).toBe(
      'its HEALTHCHECK fails with exit code 1: wget: http://(hidden)@x/?k=(hidden) refused',
    )
  })

  it('is read from the words of a list, Docker’s and Podman’s', () => {
    const [summary] = list
    if (summary === undefined) throw new Error('no fixture')
    const words = [
      'Up 2 seconds (health: starting)',
      'Up 2 seconds (starting)',
      'Up 3 minutes (unhealthy)',
      'Up 1 hour',
    ]
    const states = words.map((Status) => factsOfSummary({ ...summary, Status }).health?.state)
    expect(states).toEqual(['starting', 'starting', 'unhealthy', undefined])
  })

  it('is impaired while somebody has paused it', () => {
    expect(statusOf(summaryOf('paused'), nothing)).toEqual({
      status: 'paused',
      statusReason: 'somebody paused it; docker unpause lets it go on',
      impaired: 'somebody paused it; docker unpause lets it go on',
    })
  })

  it('names the signal that ended it', () => {
    const killed = detailsOf('killed')
    const ended = (ExitCode: number): unknown =>
      statusOf({ ...killed, details: { ...killed.details, ExitCode } as ContainerFacts['details'] }, nothing)
        .statusReason
    expect([139, 134, 143, 200].map(ended)).toEqual([
      'exited with code 139 (SIGSEGV)',
      'exited with code 134 (SIGABRT)',
      'exited with code 143 (SIGTERM)',
      'exited with code 200',
    ])
  })

  it('says that memory ran out, by Docker’s own word or by the event', () => {
    const killed = detailsOf('killed')
    const told = { ...killed, details: { ...killed.details, OOMKilled: true } } as ContainerFacts
    for (const found of [statusOf(told, nothing), statusOf(killed, { ...nothing, wasOutOfMemory: true })]) {
      expect(found).toEqual({ status: 'stopped', statusReason: 'ran out of memory, exit code 137' })
    }
  })

  it('does not take one restart for a crash loop, nor one after a long life', () => {
    const looping = detailsOf('looping')
    expect(statusOf({ ...looping, restartCount: 1 }, nothing).status).toBe('pending')
    const details = { ...looping.details, StartedAt: '2026-11-21T20:00:00Z' } as ContainerFacts['details']
    expect(statusOf({ ...looping, details }, nothing).status).toBe('pending')
  })

  it('gives the remaining states a meaning, and an unknown one none', () => {
    const running = detailsOf('running')
    const statuses = ['removing', 'dead', 'hibernating'].map(
      (state) => statusOf({ ...running, state }, nothing).status,
    )
    expect(statuses).toEqual(['stopping', 'failed', 'unknown'])
  })
})

describe('an instance', () => {
  const surroundings: Surroundings = {
    template: { port: 8080, network: 'fnet', address: 'ip', publishOn: undefined },
    connection: { kind: 'socket', path: '/d.sock' },
    zone: 'rack-1',
    own: nothing,
  }
  const label = readLabel(list[0]?.Labels) as Label

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
