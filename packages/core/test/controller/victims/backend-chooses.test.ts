import { describe, expect, it } from 'vitest'
import { fakeBackend, FakeClock } from '../../../src/testing/index.js'
import { ScriptedBalancer, ScriptedProbe, rig } from '../harness.js'

function group({ wanted = 3 } = {}) {
  const clock = new FakeClock()
  const probe = new ScriptedProbe()
  const balancer = new ScriptedBalancer()
  const backend = fakeBackend({ clock, supports: { chooseVictim: false } })
  const parts = { fakeBackend: backend, fakeClock: clock, probe, balancer, wanted }
  return { ...rig({ ...parts, launch: { readyTimeoutMs: 30_000 } }), probe, balancer }
}

describe('where the backend chooses what ends, a bad instance', () => {
  it('that answers no probe is taken out of service, stays a member, and nothing is ended in its stead', async () => {
    const { start, clock, backend, probe, balancer, moves, problems, web } = group()
    await start()
    await clock.advance(1000)
    const [sick] = backend.machines.show('web')
    probe.sick.add(sick?.id ?? '')
    await clock.advance(300_000)
    expect(backend.calls.terminated).toEqual([])
    expect(backend.calls.launched).toHaveLength(3)
    expect(balancer.ids).not.toContain(sick?.id)
    expect(balancer.ids).toHaveLength(2)
    expect(moves()).not.toContain('in-service->failed')
    expect(problems()).toContain('not-ready')
    expect(web.status().instances.find(({ id }) => id === sick?.id)).toMatchObject({ state: 'launching' })
    probe.sick.clear()
    await clock.advance(20_000)
    expect(balancer.ids).toHaveLength(3)
  })

  it('that has stopped is not replaced, and serves again once the backend has made another in its place', async () => {
    const { start, clock, backend, balancer } = group()
    await start()
    await clock.advance(1000)
    const [first] = backend.machines.show('web')
    backend.machines.setStatus(first?.id ?? '', 'failed', 'No such image')
    await clock.advance(300_000)
    expect([backend.calls.terminated, backend.calls.launched.length]).toEqual([[], 3])
    expect(balancer.ids).not.toContain(first?.id)
    backend.machines.setStatus(first?.id ?? '', 'running', undefined)
    await clock.advance(20_000)
    expect(balancer.ids).toHaveLength(3)
  })

  it('that never comes to serve is waited for without a bound, at the pace of the ticks', async () => {
    const { start, clock, backend, probe } = group({ wanted: 1 })
    probe.allSick = true
    await start()
    await clock.advance(60_000)
    const lists = backend.calls.listCount
    await clock.advance(100_000)
    expect(backend.calls.terminated).toEqual([])
    expect(backend.calls.listCount - lists).toBeLessThan(30)
  })

  it('goes first when the group needs fewer', async () => {
    const { start, clock, backend, probe, wanted } = group()
    await start()
    await clock.advance(1000)
    const [sick] = backend.machines.show('web')
    probe.sick.add(sick?.id ?? '')
    await clock.advance(60_000)
    wanted.count = 2
    await clock.advance(20_000)
    expect(backend.calls.terminated.flatMap(({ ids }) => ids)).toEqual([sick?.id])
  })
})
