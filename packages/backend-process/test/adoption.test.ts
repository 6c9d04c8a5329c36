import { mkdir, readlink, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, type Backend } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostProcessTable } from '../src/host/host-process-table.js'
import type { LaunchRecord } from '../src/book/record.js'
import { NewcomersTable } from './support/newcomers-table.js'
import { Playground, deadClaim, eventually, exists, never } from './support/playground.js'

let playground: Playground

beforeEach(async () => {
  playground = await Playground.make()
})
afterEach(async () => playground.cleanup())

const launch = async (backend: Backend) => backend.launch({ group: 'web', token: 't' }, { signal: never })
const list = async (backend: Backend) => backend.list('web', { signal: never })
const end = async (backend: Backend) => backend.terminate('web', ['web.t'], { signal: never })
const done = { done: ['web.t'], failed: [] }

/** A backend that lives this much later. */
function later(ms: number): Backend {
  return playground.backend({}, new NewcomersTable(hostProcessTable()), {
    ...systemClock,
    now: () => Date.now() + ms,
  })
}

describe('a controller that was killed between the start of a process and its record', () => {
  let pid: number

  beforeEach(async () => {
    await launch(playground.backend())
    pid = await playground.pid('web.t')
    await playground.forgetChild('web.t')
  })

  it('leaves an instance that list finds by its label, with its address and template', async () => {
    const backend = playground.backend()
    const record = (await playground.records.read('web', 't'))?.record
    expect(await list(backend)).toMatchObject([
      {
        id: 'web.t',
        status: 'running',
        address: { host: '127.0.0.1', port: record?.port },
        createdAt: record?.createdAt,
        templateHash: backend.templateHash,
      },
    ])
    expect(await playground.pid('web.t'), 'and written down again').toBe(pid)
  })

  it('leaves an instance that a launch of its token takes for its own', async () => {
    expect(await launch(playground.backend())).toMatchObject({ id: 'web.t', status: 'running' })
    expect(await playground.pidsOf('web.t')).toEqual([pid])
  })

  it('leaves an instance that terminate ends', async () => {
    expect(await end(playground.backend())).toEqual(done)
    expect(await playground.leftovers()).toEqual([])
  })

  it('leaves an instance that stays listed when it has stopped, once it was seen', async () => {
    const backend = playground.backend()
    await list(backend)
    process.kill(pid, 'SIGKILL')
    const [stopped] = await eventually(
      async () => list(backend),
      ([instance]) => instance?.status === 'stopped',
    )
    expect(stopped).toMatchObject({ id: 'web.t', statusReason: 'exited' })
  })

  it('leaves nothing that is lost when all records are', async () => {
    await rm(join(playground.stateDir, 'groups'), { recursive: true })
    const backend = playground.backend()
    expect(await list(backend)).toMatchObject([{ id: 'web.t', status: 'running' }])
    await rm(join(playground.stateDir, 'groups'), { recursive: true })
    expect(await launch(backend)).toMatchObject({ status: 'running' })
    expect(await playground.pidsOf('web.t')).toEqual([pid])
  })
})

const link = (): string => join(playground.stateDir, 'ports', '20500')

describe('a controller that was killed before it started a process', () => {
  beforeEach(async () => {
    const record: LaunchRecord = {
      claim: deadClaim,
      createdAt: Date.now(),
      templateHash: 'abc',
      host: '127.0.0.1',
      port: 20_500,
    }
    await playground.records.claim('web', 't', { generation: 1, record })
    await mkdir(join(playground.stateDir, 'ports'))
    await symlink('../groups/web/t', link())
  })

  it('leaves nothing that is listed', async () => {
    expect(await list(playground.backend())).toEqual([])
    expect(await exists(playground.records.directory('web', 't')), 'it may come back').toBe(true)
  })

  it('leaves a token that can be launched, and its port to others', async () => {
    const backend = playground.backend()
    const { address } = await launch(backend)
    expect(await playground.pidsOf('web.t')).toHaveLength(1)
    expect(await readlink(link()).catch(() => 'free')).toBe(
      address?.port === 20_500 ? '../groups/web/t' : 'free',
    )
  })

  it('leaves nothing once it was terminated', async () => {
    expect(await end(playground.backend())).toEqual(done)
    expect(await playground.leftovers()).toEqual([])
  })

  it('leaves nothing once a minute has passed and somebody lists', async () => {
    await list(later(20_000))
    expect(await exists(link())).toBe(true)
    await list(later(120_000))
    expect(await playground.leftovers()).toEqual([])
  })

  it('even before it had claimed anything, leaves nothing once a minute has passed', async () => {
    const directory = playground.records.directory('web', 't')
    await rm(join(directory, 'launch-1.json'))
    await rm(link())
    await writeFile(join(directory, 'launch-1.json.x.draft'), '')
    await utimes(directory, new Date(), new Date())
    await list(later(20_000))
    expect(await exists(directory)).toBe(true)
    await list(later(120_000))
    expect(await playground.leftovers()).toEqual([])
  })
})

describe('a launch that another controller is at', () => {
  it('is left to it: the same token from two backends at once is one process', async () => {
    const backends = Array.from({ length: 4 }, () => playground.backend())
    const instances = await Promise.all(backends.map(launch))
    expect(new Set(instances.map(({ address }) => address?.port)).size).toBe(1)
    expect(await playground.pidsOf('web.t')).toHaveLength(1)
  })

  it('is neither listed nor taken over while that lives, and ended by nobody else', async () => {
    const [self] = await new NewcomersTable(hostProcessTable()).some([process.pid], never)
    const claim = { pid: process.pid, birth: self?.birth ?? '', backend: 'another' }
    const record: LaunchRecord = { claim, createdAt: 1, templateHash: 'abc', host: '::1' }
    await playground.records.claim('web', 't', { generation: 1, record })
    const backend = playground.backend()
    expect(await list(backend)).toEqual([])
    expect(await end(backend)).toMatchObject({
      done: [],
      failed: [{ id: 'web.t', error: { code: 'conflict' } }],
    })
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('enough')), 50)
    await expect(backend.launch({ group: 'web', token: 't' }, { signal: controller.signal })).rejects.toThrow(
      'enough',
    )
    expect(await playground.records.read('web', 't')).toEqual({ generation: 1, record })
  })
})

const damage = async (): Promise<void> =>
  writeFile(join(playground.records.directory('web', 't'), 'launch-1.json'), '{')

describe('a damaged record', () => {
  it('of a process that runs is mended from its label', async () => {
    const instance = await launch(playground.backend())
    await damage()
    expect(await list(playground.backend())).toEqual([instance])
  })

  it('of one that does not is listed as stopped until it is terminated', async () => {
    const first = playground.backend()
    await launch(first)
    process.kill(await playground.pid('web.t'), 'SIGKILL')
    await eventually(
      async () => list(first),
      ([instance]) => instance?.status === 'stopped',
    )
    await damage()
    const backend = playground.backend()
    expect(await list(backend)).toMatchObject([{ status: 'stopped', statusReason: 'its record is damaged' }])
    expect(await end(backend)).toEqual(done)
    expect(await playground.leftovers()).toEqual([])
  })
})

describe('ownership', () => {
  it('is the state directory’s: another one sees and ends nothing of it', async () => {
    const other = await Playground.make()
    try {
      await launch(playground.backend())
      const theirs = other.backend()
      expect(await list(theirs)).toEqual([])
      expect(await end(theirs)).toMatchObject({ done: [], failed: [{ error: { code: 'not-owned' } }] })
      expect(await playground.pidsOf('web.t')).toHaveLength(1)
    } finally {
      await other.cleanup()
    }
  })

  it('is not taken by a process of the same group and token with another owner', async () => {
    const foreign = await playground.startForeign({ group: 'web', token: 't' })
    const backend = playground.backend()
    expect(await list(backend)).toEqual([])
    await launch(backend)
    expect(await end(backend)).toEqual(done)
    expect(await new NewcomersTable(hostProcessTable()).some([foreign.pid], never)).toMatchObject([
      { state: 'live' },
    ])
  })

  it('does not pass to what an instance starts in a session of its own', async () => {
    const child = `setInterval(() => {}, 1e6)`
    const script = `require('child_process').spawn(process.execPath, ['-e', '${child}'], { detached: true }); ${child}`
    await launch(playground.backend({ command: [process.execPath, '-e', script] }))
    await eventually(
      async () => playground.pidsOf('web.t'),
      (pids) => pids.length === 2,
    )
    const pid = await playground.pid('web.t')
    await rm(join(playground.stateDir, 'groups'), { recursive: true })
    expect(await list(playground.backend())).toHaveLength(1)
    expect(await playground.pid('web.t'), 'the parent is the instance').toBe(pid)
  })
})
