import type { Backend, Instance, Reading } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sumSessions } from '../src/usage.js'
import { Playground, eventually, never } from './support/playground.js'
import { row } from './support/rows.js'

const use = (cpuMs: number, memoryBytes: number) => ({ cpuMs, memoryBytes })

const launch = async (backend: Backend, token: string): Promise<Instance> =>
  backend.launch({ group: 'web', token }, { signal: never })
const read = async (backend: Backend, instances: readonly Instance[]): Promise<readonly Reading[]> =>
  (await backend.usage?.(instances, { signal: never })) ?? []
const of = (readings: readonly Reading[], name: string): readonly Reading[] =>
  readings.filter((reading) => reading.name === name)

describe('the sums of sessions', () => {
  const inside = { groupId: 10, sessionId: 10 }
  const child = { pid: 10, birth: 'b10' }

  it.each([
    ['the process alone', [row(10, use(5, 50)), row(11, use(1, 1))], use(5, 50)],
    ['all of its group', [row(10, use(5, 50)), row(11, { ...inside, ...use(1, 10) })], use(6, 60)],
    [
      'other groups of its session',
      [row(10, use(5, 50)), row(12, { sessionId: 10, ...use(2, 20) })],
      use(7, 70),
    ],
    [
      'children that come before it in the table',
      [row(9, { ...inside, ...use(1, 10) }), row(10, use(5, 50))],
      use(6, 60),
    ],
    [
      'zombies, whose time was used all the same',
      [row(10, use(5, 50)), row(11, { ...inside, ...use(3, 0), state: 'zombie' })],
      use(8, 50),
    ],
    ['nothing of another birth', [row(10, { birth: 'later', ...use(5, 50) })], undefined],
    ['nothing of a zombie', [row(10, { state: 'zombie', ...use(5, 0) })], undefined],
    ['nothing of a process that is gone', [row(11, inside)], undefined],
  ] as const)('take %s', (_what, rows, expected) => {
    expect(sumSessions(rows, [child]).get(10)).toEqual(expected)
  })

  it('keep instances apart, and leave out those that have no process', () => {
    const rows = [
      row(10, use(5, 50)),
      row(20, use(7, 70)),
      row(21, { groupId: 20, sessionId: 20, ...use(1, 1) }),
    ]
    const sums = sumSessions(rows, [child, undefined, { pid: 20, birth: 'b20' }])
    expect(sums).toEqual(
      new Map([
        [10, use(5, 50)],
        [20, use(8, 71)],
      ]),
    )
  })
})

describe('usage of real processes', () => {
  let playground: Playground

  beforeEach(async () => {
    playground = await Playground.make()
  })
  afterEach(async () => playground.cleanup())

  it('tells the busy from the idle, and has a first reading of memory but not of CPU', async () => {
    const busyBackend = playground.backend({ command: [process.execPath, '-e', 'for (;;);'] })
    const backend = playground.backend()
    const [busy, idle] = [await launch(busyBackend, 'busy'), await launch(backend, 'idle')]
    const first = await read(backend, [busy, idle])
    expect(of(first, 'cpu').map(({ kind }) => kind)).toEqual(['absent', 'absent'])
    expect(of(first, 'memory').map(({ kind }) => kind)).toEqual(['value', 'value'])
    // Both spend some time starting; after that only one of them does anything.
    await eventually(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 150))
        return of(await read(backend, [busy, idle]), 'cpu').map((cpu) =>
          cpu.kind === 'value' ? cpu.value : -1,
        )
      },
      ([ofBusy = -1, ofIdle = -1]) => ofBusy > 0.1 && ofIdle >= 0 && ofIdle < 0.1,
    )
  })

  it('counts what the children of a wrapper use', async () => {
    const script = `"${process.execPath}" -e 'for (;;);' & wait`
    const backend = playground.backend({ command: ['sh', '-c', script] })
    const instance = await launch(backend, 't')
    const ratio = await eventually(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 110))
        const [cpu] = of(await read(backend, [instance]), 'cpu')
        return cpu?.kind === 'value' ? cpu.value : -1
      },
      (value) => value > 0.1,
    )
    expect(ratio).toBeLessThan(1.5)
  })

  it('of one that has exited is absent, and says so', async () => {
    const backend = playground.backend({ command: [process.execPath, '-e', ''] })
    const instance = await launch(backend, 't')
    const readings = await eventually(
      async () => read(backend, [instance]),
      ([cpu, memory]) => cpu?.kind === 'absent' && memory?.kind === 'absent',
    )
    expect(of(readings, 'memory')).toMatchObject([{ kind: 'absent', reason: 'it does not run' }])
  })

  it('of one that never was is absent', async () => {
    const instance: Instance = {
      id: 'x',
      group: 'web',
      token: 'x',
      name: 'x',
      status: 'running',
      createdAt: 1,
    }
    const readings = await read(playground.backend(), [instance])
    expect(readings.map(({ kind, instanceId }) => [kind, instanceId])).toEqual([
      ['absent', 'x'],
      ['absent', 'x'],
    ])
  })
})
