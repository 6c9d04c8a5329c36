import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostProcessTable } from '../src/host/host-process-table.js'
import { FaultyTable } from './support/faulty-table.js'
import { NewcomersTable } from './support/newcomers-table.js'
import { Playground, deadClaim, eventually, exists, never } from './support/playground.js'

/* One case for each row of the README's table: what is deleted that this process did not see being made. */

let playground: Playground

beforeEach(async () => {
  playground = await Playground.make()
})
afterEach(async () => playground.cleanup())

const done = { done: ['web.t'], failed: [] }
const inside = (...path: string[]): string => join(playground.stateDir, ...path)

describe('the process of an instance', () => {
  it('is ended by its pid and birth when it has written over its environment', async () => {
    await playground.backend().launch({ group: 'web', token: 't' }, { signal: never })
    const pid = await playground.pid('web.t')
    const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
    table.hideLabel(pid)
    const next = playground.backend({}, table)
    expect(await next.list('web', { signal: never })).toMatchObject([{ status: 'running' }])
    expect(await next.terminate('web', ['web.t'], { signal: never })).toEqual(done)
    expect(await playground.pidsOf('web.t')).toEqual([])
  })

  it('is not signalled when its pid goes to a stranger while it is looked up', async () => {
    await playground.backend().launch({ group: 'web', token: 't' }, { signal: never })
    const pid = await playground.pid('web.t')
    const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
    let looks = 0
    table.onLabels = () => {
      looks += 1
      // Terminate looks once for whose the ids are and once for whom to signal; then the pid is a stranger's.
      if (looks >= 2) table.becomeStranger(pid)
    }
    const next = playground.backend({}, table)
    expect(await next.terminate('web', ['web.t'], { signal: never })).toEqual(done)
    expect(table.sent).toEqual([])
  })

  it('stays, and its record too, when this user may not signal it', async () => {
    const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
    const backend = playground.backend({}, table)
    await backend.launch({ group: 'web', token: 't' }, { signal: never })
    table.refuseSignals(await playground.pid('web.t'))
    expect(await backend.terminate('web', ['web.t'], { signal: never })).toMatchObject({
      done: [],
      failed: [{ id: 'web.t', error: { code: 'permission-denied' } }],
    })
    expect(await playground.pidsOf('web.t')).toHaveLength(1)
    expect(await backend.list('web', { signal: never })).toMatchObject([{ status: 'running' }])
  })
})

describe('a record', () => {
  it('written in another container is taken for one of a process that has ended, and no process is signalled', async () => {
    const table = new FaultyTable(new NewcomersTable(hostProcessTable()))
    const backend = playground.backend({}, table)
    await backend.launch({ group: 'web', token: 't' }, { signal: never })
    const stranger = await playground.startForeign()
    // In another container the same number is another process, begun at another time.
    await playground.forgetChild('web.t', { child: { pid: stranger.pid, birth: 'there' } })
    for (const pid of await playground.pidsOf('web.t')) table.hideLabel(pid)
    expect(await backend.terminate('web', ['web.t'], { signal: never })).toEqual(done)
    expect(table.sent).toEqual([])
    expect(await playground.isRunning(stranger.id)).toBe(true)
    expect(await playground.pidsOf('web.t')).toHaveLength(1)
    // Whoever can see it finds it again by its label.
    expect(await playground.backend().list('web', { signal: never })).toMatchObject([{ status: 'running' }])
  })
})

describe('the end of a group', () => {
  it('removes launches that were only announced by controllers that are no more, and its directory', async () => {
    const backend = playground.backend()
    await playground.records.claim('web', 'half', {
      generation: 1,
      record: { claim: deadClaim, createdAt: Date.now(), templateHash: 'x', host: '127.0.0.1' },
    })
    await mkdir(inside('groups', 'web', 'bare'))
    const { done: removed, failed } = (await backend.endGroup?.('web', { signal: never })) ?? {}
    expect(removed?.toSorted()).toEqual(['web.bare', 'web.half'])
    expect(failed).toEqual([])
    expect(await exists(inside('groups', 'web'))).toBe(false)
  })

  it('leaves instances, kept logs, and launches that another controller is at', async () => {
    const backend = playground.backend()
    await backend.launch({ group: 'web', token: 't' }, { signal: never })
    const [self] = await new NewcomersTable(hostProcessTable()).some([process.pid], never)
    const claim = { pid: process.pid, birth: self?.birth ?? '', backend: 'another' }
    await playground.records.claim('web', 'busy', {
      generation: 1,
      record: { claim, createdAt: Date.now(), templateHash: 'x', host: '127.0.0.1' },
    })
    await mkdir(inside('logs', 'web'), { recursive: true })
    await writeFile(inside('logs', 'web', 'old.log'), 'old')
    expect(await backend.endGroup?.('web', { signal: never })).toMatchObject({
      done: [],
      failed: [{ id: 'web.busy', error: { code: 'conflict' } }],
    })
    expect(await playground.pidsOf('web.t')).toHaveLength(1)
    await access(inside('logs', 'web', 'old.log'))
    await eventually(
      async () => backend.list('web', { signal: never }),
      (instances) => instances.length === 1,
    )
  })
})
