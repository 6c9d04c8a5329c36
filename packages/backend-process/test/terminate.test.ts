import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Backend } from '@flotilla/core'
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

const up = `console.log('up'); setInterval(() => {}, 1e6)`
const node = (script: string) => [process.execPath, '-e', script] as const
const deaf = node(`process.on('SIGTERM', () => {}); ${up}`)

/** Launches one instance and waits until it has said as often as told that it is up. */
async function launchUp(backend: Backend, ups = 1): Promise<void> {
  await backend.launch({ group: 'web', token: 't' }, { signal: never })
  const path = playground.records.output('web', 't').current
  await eventually(
    async () => readFile(path, 'utf8'),
    (text) => text.split('up\n').length > ups,
  )
}

const end = async (backend: Backend) => backend.terminate('web', ['web.t'], { signal: never })
const done = { done: ['web.t'], failed: [] }

describe('terminate', () => {
  it('asks first, and lets an instance end in its own way', async () => {
    const script = `process.on('SIGTERM', () => setTimeout(() => { console.log('bye'); process.exit() }, 50)); ${up}`
    const backend = playground.backend({ command: node(script), keepLogs: true, graceMs: 10_000 })
    await launchUp(backend)
    expect(await end(backend)).toEqual(done)
    const kept = join(playground.stateDir, 'logs', 'web', 't.log')
    expect(await readFile(kept, 'utf8'), 'kept because asked to').toBe('up\nbye\n')
  })

  it('asks with the signal that the user chose', async () => {
    const script = `process.on('SIGUSR2', () => { console.log('usr2'); process.exit() }); ${up}`
    const backend = playground.backend({ command: node(script), stopSignal: 'SIGUSR2', keepLogs: true })
    await launchUp(backend)
    await end(backend)
    expect(await readFile(join(playground.stateDir, 'logs', 'web', 't.log'), 'utf8')).toContain('usr2')
  })

  it('kills one that does not heed it, once grace is over', async () => {
    const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
    const backend = playground.backend({ command: deaf, graceMs: 100 }, table)
    await launchUp(backend)
    const pid = await playground.pid('web.t')
    expect(await end(backend)).toEqual(done)
    expect(table.sent.slice(0, 2)).toEqual([
      { target: -pid, signal: 'SIGTERM' },
      { target: -pid, signal: 'SIGKILL' },
    ])
    expect(await playground.leftovers()).toEqual([])
  })

  it('kills at once when there is no grace', async () => {
    const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
    const backend = playground.backend({ graceMs: 0 }, table)
    await backend.launch({ group: 'web', token: 't' }, { signal: never })
    expect(await end(backend)).toEqual(done)
    expect(table.sent.map(({ signal }) => signal)).toEqual(['SIGKILL'])
  })

  it('ends one that is frozen without waiting for grace to be over', async () => {
    const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
    const backend = playground.backend({ graceMs: 60_000 }, table)
    await backend.launch({ group: 'web', token: 't' }, { signal: never })
    const pid = await playground.pid('web.t')
    process.kill(pid, 'SIGSTOP')
    await eventually(
      async () => (await new NewcomersTable(hostProcessTable()).some([pid], never))[0]?.state,
      (state) => state === 'frozen',
    )
    expect(await end(backend)).toEqual(done)
    expect(table.sent.map(({ signal }) => signal)).toEqual(['SIGTERM', 'SIGCONT'])
  })

  const spawnChild = (options: string): string =>
    `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(up)}], { stdio: 'inherit'${options} })`

  it.each([
    ['that heed the signal', node(`${spawnChild('')}; ${up}`)],
    [
      'whose parent dies first',
      node(`${spawnChild('')}; ${up}; process.on('SIGTERM', () => process.exit())`),
    ],
    ['in a session of their own', node(`${spawnChild(', detached: true')}; ${up}`)],
  ])('ends the children of an instance too: those %s', async (_which, command) => {
    const backend = playground.backend({ command })
    await launchUp(backend, 2)
    expect(await playground.pidsOf('web.t')).toHaveLength(2)
    expect(await end(backend)).toEqual(done)
    expect(await playground.leftovers()).toEqual([])
  })

  it('ends children that have outlived their instance', async () => {
    const backend = playground.backend({ command: node(`${spawnChild('')}; ${up}`) })
    await launchUp(backend, 2)
    process.kill(await playground.pid('web.t'), 'SIGKILL')
    await eventually(
      async () => (await backend.list('web', { signal: never }))[0]?.status,
      (status) => status === 'stopped',
    )
    expect(await playground.pidsOf('web.t')).toHaveLength(1)
    expect(await end(backend)).toEqual(done)
    expect(await playground.leftovers()).toEqual([])
  })

  it('kills the deaf children of an instance that heeds the signal', async () => {
    const child = `process.on('SIGTERM', () => {}); ${up}`
    const script = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); ${up}`
    const backend = playground.backend({ command: node(script), graceMs: 300 })
    await launchUp(backend, 2)
    expect(await end(backend)).toEqual(done)
    expect(await playground.leftovers()).toEqual([])
  })

  it('stops when its signal aborts, and the instance stays listed until it has ended', async () => {
    const backend = playground.backend({ command: deaf, graceMs: 60_000 })
    await launchUp(backend)
    const controller = new AbortController()
    const reason = new Error('enough')
    const ending = backend.terminate('web', ['web.t'], { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 50)
    await expect(ending).rejects.toBe(reason)
    expect(await backend.list('web', { signal: never })).toMatchObject([{ id: 'web.t', status: 'running' }])
  })
})

describe('a pid that has gone to another process', () => {
  it.each([
    ['by its birth', (pid: number) => ({ child: { pid, birth: 'another time' } })],
    ['when no birth could be read', (pid: number) => ({ child: { pid } })],
  ])('is told %s, and never signalled', async (_how, facts) => {
    const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
    const backend = playground.backend({}, table)
    await backend.launch({ group: 'web', token: 't' }, { signal: never })
    const ours = await playground.pid('web.t')
    const foreign = await playground.startForeign()
    await playground.forgetChild('web.t', facts(foreign.pid))

    expect(await backend.list('web', { signal: never })).toMatchObject([{ status: 'stopped' }])
    expect(await end(backend)).toEqual(done)
    expect(table.sent.map(({ target }) => Math.abs(target))).toEqual([ours])
    expect(await playground.isRunning(foreign.id)).toBe(true)
    expect(await playground.leftovers()).toEqual([])
  })
})
