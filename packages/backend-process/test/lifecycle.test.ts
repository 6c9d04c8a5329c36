import { readFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { once } from 'node:events'
import type { Backend, Instance } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostProcessTable } from '../src/host/host-process-table.js'
import { FaultyTable } from './support/faulty-table.js'
import { NewcomersTable } from './support/newcomers-table.js'
import { Playground, eventually, never } from './support/playground.js'

let playground: Playground

beforeEach(async () => {
  playground = await Playground.make()
})
afterEach(async () => playground.cleanup())

const node = (script: string) => [process.execPath, '-e', script] as const
const launch = async (backend: Backend, token = 't'): Promise<Instance> =>
  backend.launch({ group: 'web', token }, { signal: never })
const list = async (backend: Backend): Promise<readonly Instance[]> => backend.list('web', { signal: never })
const output = async (token = 't'): Promise<string> =>
  readFile(playground.records.output('web', token).current, 'utf8')

const stopped = async (backend: Backend): Promise<Instance | undefined> =>
  eventually(
    async () => (await list(backend))[0],
    (instance) => instance?.status === 'stopped',
  )

describe('an instance', () => {
  it('listens on the port that its environment names', async () => {
    const script = `require('net').createServer((s) => s.end('hello')).listen(Number(process.env.WEB_PORT), process.env.FLOTILLA_HOST)`
    const { address } = await launch(playground.backend({ command: node(script), portEnv: 'WEB_PORT' }))
    expect(address).toEqual({ host: '127.0.0.1', port: expect.any(Number) })
    const answer = await eventually(
      async () => ask(address?.port ?? 0),
      (text) => text !== undefined,
    )
    expect(answer).toBe('hello')
  })

  it('runs from the moment that launch resolves, and says who it is', async () => {
    const backend = playground.backend()
    const instance = await launch(backend)
    expect(instance).toMatchObject({
      id: 'web.t',
      name: 'web-t',
      status: 'running',
      group: 'web',
      token: 't',
    })
    expect(await list(backend)).toEqual([instance])
  })

  it('has its stdout and stderr in one file, in order', async () => {
    const script = `process.stdout.write('out\\n'); process.stderr.write('err\\n'); setInterval(() => {}, 1e6)`
    await launch(playground.backend({ command: node(script) }))
    expect(await eventually(output, (text) => text.length === 8)).toBe('out\nerr\n')
  })

  it('gets its arguments as they are: no shell reads them', async () => {
    const args = ['$HOME', 'a b', '*', '; exit 3']
    const script = `console.log(JSON.stringify(process.argv.slice(1))); setInterval(() => {}, 1e6)`
    await launch(playground.backend({ command: node(script), args }))
    expect(JSON.parse(await eventually(output, (text) => text.endsWith('\n')))).toEqual(args)
  })

  it('leads a session of its own, so that nothing that ends the controller’s ends it', async () => {
    await launch(playground.backend())
    const pid = await playground.pid('web.t')
    const [row] = await new NewcomersTable(hostProcessTable()).some([pid], never)
    expect(row).toMatchObject({ groupId: pid, sessionId: pid, parentPid: process.pid })
  })

  it('is known by the hash of what it was launched from', async () => {
    const before = playground.backend({ env: { A: '1' } })
    const after = playground.backend({ env: { A: '2' } })
    await launch(before)
    expect((await list(after))[0]?.templateHash).toBe(before.templateHash)
    expect(after.templateHash).not.toBe(before.templateHash)
  })

  it('leaves no value of its environment in the state directory', async () => {
    await launch(playground.backend({ env: { API_KEY: 'hunter2' } }))
    const record = JSON.stringify(await playground.records.read('web', 't'))
    expect(record).toContain('createdAt')
    expect(record).not.toContain('hunter2')
  })

  it('that is frozen is paused', async () => {
    const backend = playground.backend()
    await launch(backend)
    process.kill(await playground.pid('web.t'), 'SIGSTOP')
    const paused = await eventually(
      async () => (await list(backend))[0],
      (instance) => instance?.status === 'paused',
    )
    expect(paused?.statusReason).toContain('SIGSTOP')
  })

  it('that is being terminated is stopping', async () => {
    const backend = playground.backend({
      command: node(`process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1e6)`),
    })
    await launch(backend)
    await eventually(output, (text) => text === 'up\n')
    const ending = backend.terminate('web', ['web.t'], { signal: never })
    await eventually(
      async () => (await list(backend))[0]?.status,
      (status) => status === 'stopping',
    )
    process.kill(await playground.pid('web.t'), 'SIGKILL')
    expect(await ending).toEqual({ done: ['web.t'], failed: [] })
  })
})

describe('an instance that has exited', () => {
  it.each([
    ['by itself', 'process.exit(3)', 'exited with code 3'],
    ['well', '', 'exited with code 0'],
    ['by a signal', `process.kill(process.pid, 'SIGKILL')`, 'killed by SIGKILL'],
  ])('%s stays listed, with how it ended', async (_how, script, statusReason) => {
    const backend = playground.backend({ command: node(script) })
    await launch(backend)
    expect(await stopped(backend)).toMatchObject({ id: 'web.t', statusReason })
  })

  it('is the same to the next controller', async () => {
    const first = playground.backend({ command: node('process.exit(3)') })
    await launch(first)
    await stopped(first)
    const next = playground.backend()
    expect(await list(next)).toMatchObject([{ status: 'stopped', statusReason: 'exited with code 3' }])
    expect(await launch(next), 'the same token is the same machine').toMatchObject({ status: 'stopped' })
  })

  it('is not listed as stopped before it is known how it ended', async () => {
    const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
    const backend = playground.backend({}, table)
    await launch(backend)
    const pid = await playground.pid('web.t')
    table.change(pid, () => ({ state: 'zombie' }))
    const listing = list(backend)
    await new Promise((resolve) => setTimeout(resolve, 50))
    process.kill(pid, 'SIGKILL')
    expect(await listing).toMatchObject([{ status: 'stopped', statusReason: 'killed by SIGKILL' }])
  })

  it('is no zombie', async () => {
    await launch(playground.backend({ command: node('process.exit(3)') }))
    const pid = await playground.pid('web.t')
    const rows = await eventually(
      async () => new NewcomersTable(hostProcessTable()).some([pid], never),
      ({ length }) => length === 0,
    )
    expect(rows).toEqual([])
  })

  it('keeps its output until it is terminated', async () => {
    const backend = playground.backend({ command: node(`console.log('last words')`) })
    await launch(backend)
    await stopped(backend)
    expect(await output()).toBe('last words\n')
    await backend.terminate('web', ['web.t'], { signal: never })
    expect(await playground.leftovers()).toEqual([])
  })
})

async function ask(port: number): Promise<string | undefined> {
  const socket = createConnection({ host: '127.0.0.1', port })
  try {
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString()
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}
