import { describe, expect, it } from 'vitest'
import { fakeBackend, FakeClock } from '../../src/testing/index.js'
import { ScriptedBalancer, ScriptedProbe, rig } from './harness.js'

describe('an unhealthy instance', () => {
  it('is taken out of the balancer, replaced and terminated after three failed probes in a row', async () => {
    const probe = new ScriptedProbe()
    const balancer = new ScriptedBalancer()
    const { start, clock, backend, running, moves, inService } = rig({ probe, balancer, wanted: 3 })
    await start()
    await clock.advance(1000)
    const sick = backend.machines.show('web')[1]!.id
    probe.sick.add(sick)
    await clock.advance(25_000)
    expect(moves()).not.toContain('in-service->failed')
    await clock.advance(20_000)
    expect(moves()).toContain('in-service->failed')
    expect(backend.machines.get(sick)).toBeUndefined()
    expect(running()).toBe(3)
    expect(balancer.ids).toEqual(inService())
    expect(inService().length).toBe(3)
  })

  it('is forgiven when a probe passes in between', async () => {
    const probe = new ScriptedProbe()
    const { start, clock, backend, moves } = rig({ probe, wanted: 2 })
    await start()
    await clock.advance(1000)
    const sick = backend.machines.show('web')[0]!.id
    for (let turn = 0; turn < 5; turn += 1) {
      probe.sick.add(sick)
      await clock.advance(20_000)
      probe.sick.delete(sick)
      await clock.advance(10_000)
    }
    expect(moves()).not.toContain('in-service->failed')
  })

  it('is left alone when too many are: the probe is the likelier culprit', async () => {
    const probe = new ScriptedProbe()
    const { start, clock, backend, problems, told } = rig({ probe, wanted: 5 })
    await start()
    await clock.advance(1000)
    probe.allSick = true
    await clock.advance(120_000)
    expect(backend.calls.terminated).toEqual([])
    expect(backend.calls.launched.length).toBe(5)
    expect(problems()).toEqual(['too-many-unhealthy'])
    probe.allSick = false
    await clock.advance(10_000)
    expect(told.at(-1)?.name === 'recovered' || told.some(({ name }) => name === 'recovered')).toBe(true)
  })

  it.each([
    [1, 1, true],
    [2, 1, true],
    [2, 2, false],
    [3, 1, true],
    [3, 2, false],
    [5, 2, true],
    [5, 3, false],
  ])('of %i serving, %i unhealthy are replaced: %s', async (size, sickCount, isReplaced) => {
    const probe = new ScriptedProbe()
    const { start, clock, backend } = rig({ probe, wanted: size })
    await start()
    await clock.advance(1000)
    for (const { id } of backend.machines.show('web').slice(0, sickCount)) probe.sick.add(id)
    await clock.advance(60_000)
    const gone = [...probe.sick].filter((id) => backend.machines.get(id) === undefined)
    expect(gone.length).toBe(isReplaced ? sickCount : 0)
  })

  it('is replaced even when it is the only one', async () => {
    const probe = new ScriptedProbe()
    const { start, clock, backend, running } = rig({ probe })
    await start()
    await clock.advance(1000)
    const sick = backend.machines.show('web')[0]!.id
    probe.sick.add(sick)
    await clock.advance(60_000)
    expect(backend.machines.get(sick)).toBeUndefined()
    expect(running()).toBe(1)
  })

  it('is not terminated while it is protected, but is replaced', async () => {
    const probe = new ScriptedProbe()
    const balancer = new ScriptedBalancer()
    const { start, clock, backend, running, web } = rig({ probe, balancer, wanted: 3 })
    await start()
    await clock.advance(1000)
    const sick = backend.machines.show('web')[0]!.id
    await web.protect(sick)
    probe.sick.add(sick)
    await clock.advance(60_000)
    expect(backend.machines.get(sick)).toBeDefined()
    expect(balancer.ids).not.toContain(sick)
    expect(running()).toBe(4)
    await web.unprotect(sick)
    await clock.advance(20_000)
    expect(backend.machines.get(sick)).toBeUndefined()
  })
})

describe('a dead instance', () => {
  it('is replaced as soon as the backend tells, between ticks', async () => {
    const balancer = new ScriptedBalancer()
    const { start, clock, backend, inService, moves } = rig({ wanted: 2, balancer, intervalMs: 60_000 })
    await start()
    await clock.advance(5000)
    const dead = backend.machines.show('web')[0]!.id
    backend.crash(dead, 'exited with code 137')
    await clock.advance(3000)
    expect(moves()).toContain('in-service->failed')
    expect(backend.machines.get(dead)).toBeUndefined()
    expect(inService().length).toBe(2)
    expect(balancer.ids).toEqual(inService())
  })

  it('is replaced when somebody else deleted it', async () => {
    const { start, clock, backend, running, moves } = rig({ wanted: 2 })
    await start()
    await clock.advance(5000)
    backend.remove(backend.machines.show('web')[0]!.id)
    await clock.advance(15_000)
    expect(running()).toBe(2)
    expect(moves()).toContain('in-service->gone')
  })

  it('that dies again and again is replaced ever more slowly', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const { start } = rig({ fakeBackend: backend, fakeClock: clock })
    await start()
    for (let second = 0; second < 600; second += 1) {
      for (const { id, status } of backend.machines.show('web')) if (status === 'running') backend.crash(id)
      await clock.advance(1000)
    }
    // With 0.5 s doubling each time, ten minutes hold ten tries or so; without backoff it would be hundreds.
    expect(backend.calls.launched.length).toBeGreaterThan(5)
    expect(backend.calls.launched.length).toBeLessThan(15)
  })

  it('that vanishes again and again is replaced ever more slowly', async () => {
    const { start, clock, backend } = rig()
    await start()
    for (let second = 0; second < 600; second += 1) {
      for (const { id } of backend.machines.show('web')) backend.remove(id)
      await clock.advance(1000)
    }
    expect(backend.calls.launched.length).toBeGreaterThan(5)
    expect(backend.calls.launched.length).toBeLessThan(15)
  })

  it('ends the backoff once one has stayed in service', async () => {
    const { start, clock, backend, told } = rig()
    await start()
    const crashAll = (): void => {
      for (const { id } of backend.machines.show('web')) backend.crash(id)
    }
    for (let turn = 0; turn < 3; turn += 1) {
      crashAll()
      await clock.advance(10_000)
    }
    await clock.advance(120_000)
    // The first was killed in service, which is no failed launch; what replaces it breaks as well.
    for (let turn = 0; turn < 2; turn += 1) {
      crashAll()
      await clock.advance(10_000)
    }
    const failures = told
      .filter(({ name }) => name === 'backoff')
      .map(({ event }) => (event as { failures: number }).failures)
    expect(failures).toEqual([1, 2, 3, 1])
  })

  it('on its way out is only removed', async () => {
    const balancer = new ScriptedBalancer()
    const { start, clock, backend, wanted, running } = rig({ wanted: 2, balancer })
    await start()
    await clock.advance(5000)
    balancer.holds = true
    wanted.count = 1
    await clock.advance(10_000)
    const leaving = backend.machines.show('web').find(({ id }) => !balancer.ids.includes(id))!.id
    backend.crash(leaving)
    balancer.release()
    await clock.advance(10_000)
    expect(backend.machines.get(leaving)).toBeUndefined()
    expect(running()).toBe(1)
    expect(backend.calls.launched.length).toBe(2)
  })
})

describe('standby', () => {
  it('takes an instance out of service without ending it, and back', async () => {
    const balancer = new ScriptedBalancer()
    const { start, clock, web, backend, running, inService } = rig({ wanted: 2, balancer })
    await start()
    await clock.advance(5000)
    const id = backend.machines.show('web')[0]!.id
    await web.enterStandby(id)
    await clock.advance(20_000)
    expect(balancer.ids).not.toContain(id)
    expect(inService().length).toBe(2)
    expect(running()).toBe(3)
    await web.exitStandby(id)
    await clock.advance(20_000)
    expect(running()).toBe(2)
    expect(balancer.ids).toEqual(inService())
  })

  it('refuses an instance that is on its way out', async () => {
    const balancer = new ScriptedBalancer()
    const { start, clock, web, wanted } = rig({ wanted: 2, balancer })
    await start()
    await clock.advance(5000)
    balancer.holds = true
    wanted.count = 1
    await clock.advance(10_000)
    const leaving = web.status().instances.find(({ state }) => state === 'draining')
    await expect(web.enterStandby(leaving?.id ?? '')).rejects.toMatchObject({ code: 'conflict' })
  })

  it('refuses an instance that is not in the group', async () => {
    const { start, web } = rig()
    await start()
    await expect(web.enterStandby('nobody')).rejects.toMatchObject({ code: 'not-found' })
    await expect(web.protect('nobody')).rejects.toMatchObject({ code: 'not-found' })
  })
})
