import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../src/index.js'
import { FakeClock, fakeBackend } from '../../../src/testing/index.js'
import { ScriptedBalancer, ScriptedProbe, type Rig, rig } from '../harness.js'

const unhealthy = 'its health check says unhealthy: curl: (7) connection refused'

function messages({ told }: Rig, kind: Problem['kind']): readonly string[] {
  return told
    .filter(({ name, event }) => name === 'problem' && (event as Problem).kind === kind)
    .map(({ event }) => (event as Problem).message)
}

async function serving(
  count: number,
  withProbe = false,
): Promise<Rig & { balancer: ScriptedBalancer; ids: string[] }> {
  const balancer = new ScriptedBalancer()
  const one = rig({
    wanted: count,
    balancer,
    intervalMs: 10_000,
    ...(withProbe ? { probe: new ScriptedProbe() } : {}),
  })
  await one.start()
  await one.clock.advance(1000)
  return { ...one, balancer, ids: one.backend.machines.show('web').map(({ id }) => id) }
}

describe.each([
  ['with a probe', true],
  ['without a probe', false],
])('an instance that the platform says cannot serve, %s', (_, withProbe) => {
  it('is out of the balancer as soon as the platform says so, between ticks', async () => {
    const { clock, backend, balancer, ids } = await serving(3, withProbe)
    backend.impair(ids[0]!, unhealthy)
    await clock.advance(100)
    expect(balancer.ids).toEqual(ids.slice(1).toSorted())
    backend.setStatus(ids[1]!, 'paused', 'somebody suspended it')
    await clock.advance(100)
    expect(balancer.ids).toEqual([ids[2]])
  })

  it('is back as soon as the platform says so no longer', async () => {
    const { clock, backend, balancer, ids, moves, ...one } = await serving(3, withProbe)
    backend.impair(ids[0]!, unhealthy)
    backend.setStatus(ids[1]!, 'paused', 'somebody suspended it')
    await clock.advance(12_000)
    expect(balancer.ids).toEqual([ids[2]])
    backend.impair(ids[0]!, undefined)
    backend.setStatus(ids[1]!, 'running')
    await clock.advance(200)
    expect(balancer.ids).toEqual(ids.toSorted())
    await clock.advance(60_000)
    expect(moves()).not.toContain('in-service->failed')
    expect(messages({ ...one, clock, backend, moves }, 'impaired')).toHaveLength(2)
    expect(one.told.filter(({ name }) => name === 'recovered')).toHaveLength(2)
  })

  it('is replaced after as many ticks as failed probes would take', async () => {
    const { clock, backend, ids, moves, inService, told } = await serving(3, withProbe)
    backend.setStatus(ids[0]!, 'paused', 'somebody suspended it')
    await clock.advance(15_000)
    expect(moves()).not.toContain('in-service->failed')
    await clock.advance(20_000)
    expect(backend.machines.get(ids[0]!)).toBeUndefined()
    expect(inService()).toHaveLength(3)
    const failed = told.find(
      ({ name, event }) => name === 'instance' && (event as { to: string }).to === 'failed',
    )
    expect(failed?.event).toMatchObject({
      reason: '3 probes in a row failed: it is paused: somebody suspended it',
    })
  })

  it('is not ready while it starts', async () => {
    const { clock, backend, wanted, inService, balancer } = await serving(1, withProbe)
    const launch = backend.launch.bind(backend)
    backend.launch = async (...given) => {
      const made = await launch(...given)
      backend.impair(made.id, 'its health check has not finished')
      return { ...made, impaired: 'its health check has not finished' }
    }
    wanted.count = 2
    await clock.advance(30_000)
    expect(inService()).toHaveLength(1)
    for (const { id } of backend.machines.show('web')) backend.impair(id, undefined)
    await clock.advance(1500)
    expect(inService()).toHaveLength(2)
    expect(balancer.ids).toEqual(inService())
  })

  it('keeps its traffic when all are so by a check alone, which is told, and none is replaced', async () => {
    const { clock, backend, balancer, ids, problems, ...one } = await serving(3, withProbe)
    for (const id of ids) backend.impair(id, unhealthy)
    await clock.advance(120_000)
    expect(balancer.ids).toEqual(ids.toSorted())
    expect(backend.calls.terminated).toEqual([])
    expect(problems()).toContain('all-impaired')
    expect(problems()).toContain('too-many-unhealthy')
    for (const id of ids) backend.impair(id, undefined)
    await clock.advance(20_000)
    const over = one.told
      .filter(({ name }) => name === 'recovered')
      .map(({ event }) => (event as Problem).kind)
    expect(over).toContain('all-impaired')
    expect(over).toContain('too-many-unhealthy')
  })

  it('goes out also when all are, if it is frozen: it cannot answer', async () => {
    const { clock, backend, balancer, ids } = await serving(3, withProbe)
    for (const id of ids) backend.impair(id, unhealthy)
    backend.setStatus(ids[0]!, 'paused')
    await clock.advance(1000)
    expect(balancer.ids).toEqual(ids.slice(1).toSorted())
  })

  it('does not come back from a drain', async () => {
    const { clock, backend, balancer, wanted, web } = await serving(3, withProbe)
    balancer.holds = true
    wanted.count = 2
    await clock.advance(10_000)
    const leaving = web.status().instances.find(({ state }) => state === 'draining')!.id
    backend.setStatus(leaving, 'paused')
    wanted.count = 3
    await clock.advance(10_000)
    expect(balancer.ids).not.toContain(leaving)
  })

  it('is the first to go when the group shrinks', async () => {
    const { clock, backend, wanted, ids } = await serving(3, withProbe)
    backend.impair(ids[2]!, unhealthy)
    await clock.advance(100)
    wanted.count = 2
    await clock.advance(10_000)
    expect(backend.machines.get(ids[2]!)).toBeUndefined()
  })
})

it('is taken out by a tick before the tick has observed the others', async () => {
  const balancer = new ScriptedBalancer()
  const probe = new ScriptedProbe()
  const clock = new FakeClock()
  const backend = fakeBackend({ clock, supports: { watch: false } })
  const one = rig({ wanted: 3, balancer, probe, fakeClock: clock, fakeBackend: backend })
  await one.start()
  await clock.advance(1000)
  const [first] = backend.machines.show('web')
  probe.check = () => new Promise(() => {})
  backend.setStatus(first!.id, 'paused')
  await clock.advance(9500)
  expect(balancer.ids).not.toContain(first!.id)
  expect(balancer.ids).toHaveLength(2)
})

it('comes back only through its probe, where there is one', async () => {
  const balancer = new ScriptedBalancer()
  const probe = new ScriptedProbe()
  const one = rig({ wanted: 2, balancer, probe })
  await one.start()
  await one.clock.advance(1000)
  const [first] = one.backend.machines.show('web')
  one.backend.setStatus(first!.id, 'paused')
  await one.clock.advance(1000)
  probe.sick.add(first!.id)
  one.backend.setStatus(first!.id, 'running')
  await one.clock.advance(3000)
  expect(balancer.ids).not.toContain(first!.id)
  probe.sick.delete(first!.id)
  await one.clock.advance(1500)
  expect(balancer.ids).toContain(first!.id)
})

describe('what was told of an instance that cannot serve', () => {
  const endings = ({ told }: Rig): readonly unknown[] =>
    told.filter(({ name }) => name === 'recovered').map(({ event }) => event)

  it('is not told as recovered when the instance goes', async () => {
    const one = await serving(3)
    one.backend.impair(one.ids[0]!, unhealthy)
    await one.clock.advance(100)
    one.backend.machines.remove(one.ids[0]!)
    await one.clock.advance(20_000)
    expect(endings(one)).toEqual([{ kind: 'impaired', about: one.ids[0], reason: 'it is gone' }])
  })

  it('is not told as recovered when the instance is given up', async () => {
    const one = await serving(3)
    one.backend.impair(one.ids[0]!, unhealthy)
    await one.clock.advance(60_000)
    expect(endings(one)).toEqual([
      {
        kind: 'impaired',
        about: one.ids[0],
        reason: expect.stringMatching(/^it is (?:failed|terminating): 3 probes/),
      },
    ])
  })
})
