import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ProcessesOptions } from '../src/index.js'
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

const inside = (name: string): string => join(playground.stateDir, name)

async function script(name: string, text: string, mode: number): Promise<string> {
  const path = join(playground.stateDir, 'bin', name)
  await mkdir(join(playground.stateDir, 'bin'), { recursive: true })
  await writeFile(path, text)
  await chmod(path, mode)
  return path
}

async function failure(options: Partial<ProcessesOptions>): Promise<unknown> {
  const launching = playground.backend(options).launch({ group: 'web', token: 't' }, { signal: never })
  return launching.then(
    () => expect.fail('it was launched'),
    (error: unknown) => error,
  )
}

async function expectNothingLeft(): Promise<void> {
  const left = await playground.leftovers()
  expect(left.filter((what) => !what.startsWith('file bin/'))).toEqual([])
  expect(await playground.backend().list('web', { signal: never })).toEqual([])
}

describe('a launch that cannot work leaves nothing behind and says why:', () => {
  it('the command is not in PATH', async () => {
    expect(await failure({ command: 'no-such-program', env: { PATH: '/usr/bin:/bin' } })).toMatchObject({
      code: 'invalid-template',
      message: expect.stringMatching(/"no-such-program" in .*not in PATH/),
      cause: { code: 'ENOENT' },
    })
    await expectNothingLeft()
  })

  it('the command does not exist', async () => {
    expect(await failure({ command: './no-such-program' })).toMatchObject({
      code: 'invalid-template',
      message: expect.stringContaining('does not exist'),
    })
    await expectNothingLeft()
  })

  it('the working directory does not exist, and the command does', async () => {
    expect(await failure({ cwd: inside('nowhere') })).toMatchObject({
      code: 'invalid-template',
      message: expect.stringMatching(/nowhere: the working directory does not exist/),
    })
    await expectNothingLeft()
  })

  it('the command may not be executed', async () => {
    expect(await failure({ command: await script('plain', '#!/bin/sh\n', 0o644) })).toMatchObject({
      code: 'invalid-template',
      message: expect.stringContaining('not executable'),
    })
    await expectNothingLeft()
  })

  it('the arguments are longer than the system takes', async () => {
    expect(await failure({ args: ['x'.repeat(3_000_000)] })).toMatchObject({
      code: 'invalid-template',
      message: expect.stringContaining('longer than the system takes'),
    })
    await expectNothingLeft()
  })

  it('the host is no address of this machine', async () => {
    expect(await failure({ host: '192.0.2.1' })).toMatchObject({
      code: 'invalid-template',
      message: expect.stringContaining('192.0.2.1'),
    })
    await expectNothingLeft()
  })

  it('every port of the range is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      expect(await failure({ portRange: [port, port] })).toMatchObject({
        code: 'no-capacity',
        message: expect.stringContaining('portRange'),
      })
      await expectNothingLeft()
    } finally {
      server.close()
    }
  })

  it('nothing can be written down', async () => {
    await writeFile(join(playground.stateDir, 'groups'), 'a file where a directory should be')
    expect(await failure({})).toMatchObject({ name: 'FlotillaError', code: 'unavailable' })
    expect(await playground.pidsOf('web.t')).toEqual([])
  })

  it('its output cannot be kept', async () => {
    await mkdir(playground.records.output('web', 't').current, { recursive: true })
    expect(await failure({})).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('output.log'),
      cause: { code: 'EISDIR' },
    })
    await expectNothingLeft()
  })

  it('nobody knows the process that was started', async () => {
    const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
    const backend = playground.backend({}, table)
    await backend.list('web', { signal: never })
    table.failNext('some', new Error('EIO'))
    await expect(backend.launch({ group: 'web', token: 't' }, { signal: never })).rejects.toThrow('EIO')
    await expectNothingLeft()
  })

  it('the caller gives up while the host does not answer', async () => {
    const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
    const backend = playground.backend({}, table)
    await backend.list('web', { signal: never })
    table.hangNext('some')
    const controller = new AbortController()
    const launching = backend.launch({ group: 'web', token: 't' }, { signal: controller.signal })
    await eventually(
      async () => playground.pidsOf('web.t'),
      (pids) => pids.length === 1,
    )
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(launching).rejects.toBe(reason)
    await expectNothingLeft()
  })

  it('and shows no secret of the environment', async () => {
    const error = await failure({ command: 'no-such-program', env: { API_KEY: 'hunter2' } })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2')
  })
})
