import { describe, expect, it } from 'vitest'
import type { Backend, Instance, Problem } from '../../../src/index.js'
import { FakeClock, type FakeBackend, fakeBackend } from '../../../src/testing/index.js'
import { rig, type Rig } from '../harness.js'

/** Its list shows nobody's machines for as long as it hides them. */
interface Hiding {
  readonly hiding: Backend
  readonly backend: FakeBackend
  readonly clock: FakeClock
  isOn: boolean
}

function hidingBackend(): Hiding {
  const clock = new FakeClock()
  const backend = fakeBackend({ clock })
  const all: Hiding = {
    backend,
    clock,
    isOn: true,
    hiding: {
      name: 'hiding',
      supports: { usage: false, watch: false, chooseVictim: true },
      list: async (group, call): Promise<readonly Instance[]> => (all.isOn ? [] : backend.list(group, call)),
      launch: async (request, call) => backend.launch(request, call),
      terminate: async (group, ids, call) => backend.terminate(group, ids, call),
      close: async () => backend.close(),
    },
  }
  return all
}

const problemsOf = ({ told }: Rig): readonly Problem[] =>
  told.filter(({ name }) => name === 'problem').map(({ event }) => event as Problem)

describe('launches that no list ever shows', () => {
  it('are asked for again by their own tokens, so that no more than are wanted can exist, and are told', async () => {
    const { hiding, backend, clock } = hidingBackend()
    const one = rig({ wanted: 4, max: 4, backend: hiding, fakeClock: clock })
    await one.start()
    await clock.advance(600_000)
    expect(new Set(backend.calls.launched.map(({ token }) => token)).size).toBe(4)
    expect(backend.machines.show('web')).toHaveLength(4)
    const found = problemsOf(one).filter(({ kind }) => kind === 'launch-unseen')
    expect(found).toHaveLength(1)
    expect(found[0]?.message).toMatch(/^4 machines whose launch succeeded are in no list of hiding/)
    expect(one.web.status().problems.map(({ kind }) => kind)).toContain('launch-unseen')
  })

  it('hold their room under max also when the group no longer wants them', async () => {
    const { hiding, backend, clock } = hidingBackend()
    const one = rig({ wanted: 4, max: 4, backend: hiding, fakeClock: clock })
    await one.start()
    await clock.advance(60_000)
    one.wanted.count = 1
    await clock.advance(30_000)
    one.wanted.count = 4
    await clock.advance(300_000)
    expect(backend.machines.show('web').length).toBeLessThanOrEqual(4)
  })

  it('become the group as soon as a list shows them, and that is over', async () => {
    const all = hidingBackend()
    const one = rig({ wanted: 3, max: 3, backend: all.hiding, fakeClock: all.clock })
    await one.start()
    await all.clock.advance(60_000)
    all.isOn = false
    await all.clock.advance(60_000)
    expect(one.inService()).toHaveLength(3)
    expect(all.backend.machines.show('web')).toHaveLength(3)
    expect(one.web.status().problems.filter(({ kind }) => kind === 'launch-unseen')).toEqual([])
  })

  it('are named when the group is ended, as nothing can be known of them', async () => {
    const { hiding, clock } = hidingBackend()
    const one = rig({ wanted: 2, max: 2, backend: hiding, fakeClock: clock })
    await one.start()
    await clock.advance(60_000)
    await expect(clock.runUntil(one.web.stop({ terminate: true }))).rejects.toMatchObject({
      code: 'not-ended',
    })
  })

  it('are none of a machine that dies between its launch and the first list more than once', async () => {
    const clock = new FakeClock()
    const one = rig({ wanted: 1, max: 1, fakeClock: clock, fakeBackend: fakeBackend({ clock }) })
    await one.start()
    one.backend.machines.remove(one.backend.machines.show('web')[0]!.id)
    await clock.advance(60_000)
    expect(one.running()).toBe(1)
    expect(one.problems()).not.toContain('launch-unseen')
  })
})
