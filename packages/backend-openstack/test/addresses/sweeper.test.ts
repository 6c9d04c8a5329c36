import { randomUUID } from 'node:crypto'
import { systemClock, type Clock } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { sweepMs } from '../../src/addresses/sweeper.js'
import { cloudTests, launchAll, signal } from '../kit/cloud-tests.js'
import { addForeign } from '../kit/openstack-kit.js'
import type { FakePort } from '../fake-cloud/cloud-state.js'
import type { FakeCloud } from '../fake-cloud/fake-cloud.js'

/** The host's clock, whose monotonic time can be moved on. */
class MovedClock implements Clock {
  aheadMs = 0
  readonly now = (): number => systemClock.now()
  readonly monotonic = (): number => systemClock.monotonic() + this.aheadMs
  readonly sleep: Clock['sleep'] = async (ms, options) => systemClock.sleep(ms, options)
}

const old = 600_000
const options = { floatingIpFrom: 'public' }

function addPort(fake: FakeCloud, name: string, more: Partial<FakePort> & { ageMs?: number } = {}): string {
  const id = randomUUID()
  const { ageMs = old, ...given } = more
  fake.ports.set(id, {
    id,
    name,
    networkId: 'n',
    address: '10.0.0.1',
    securityGroups: [],
    body: {},
    deviceId: '',
    createdMs: fake.now() - ageMs,
    ...given,
  })
  return id
}

function addAddress(fake: FakeCloud, description: string, portId: string, ageMs = old): string {
  const id = randomUUID()
  fake.floatingIps.set(id, { id, address: '172.0.0.9', portId, description, createdMs: fake.now() - ageMs })
  return id
}

/** What is there of these. */
const left = (fake: FakeCloud, ids: readonly string[]): readonly string[] =>
  ids.filter((id) => fake.ports.has(id) || fake.floatingIps.has(id))

describe('the sweep', () => {
  const tests = cloudTests()

  it('removes what a dead launch left long ago at the first list of a program that has just begun', async () => {
    const { fake, open } = tests
    const port = addPort(fake, 'flotilla.web.dead')
    const address = addAddress(fake, 'flotilla.web.dead', port)
    const alone = addAddress(fake, 'flotilla.web.dead2', '')
    await open({ options }).list('web', { signal })
    await expect.poll(() => left(fake, [port, address, alone])).toEqual([])
  })

  it('leaves what is young, of a live instance, of another group, scope or project, or of nobody', async () => {
    const { fake, open } = tests
    const backend = open({ options: { ...options, orphanAfterMs: 300_000 } })
    await launchAll(backend, 'alive')
    for (const port of fake.ports.values()) fake.ports.set(port.id, { ...port, createdMs: 0 })
    addPort(fake, 'flotilla.web.young', { ageMs: 200_000 })
    addAddress(fake, 'flotilla.web.young', '', 200_000)
    addPort(fake, 'flotilla.web.elsewhere', { projectId: 'another' })
    for (const name of ['flotilla.other.dead', 'flotilla.blue.web.dead', 'somebody']) addPort(fake, name)
    const before = [fake.ports.size, fake.floatingIps.size]
    const dead = addPort(fake, 'flotilla.web.dead')
    const next = open({ options })
    await next.list('web', { signal })
    await expect.poll(() => left(fake, [dead])).toEqual([])
    expect([fake.ports.size, fake.floatingIps.size]).toEqual(before)
    expect(next.problems('web')).toEqual([])
  })

  it('leaves what somebody else has taken, and tells what a person may do', async () => {
    const { fake, open } = tests
    const theirs = addForeign(fake)
    const plugged = addPort(fake, 'flotilla.web.gone', { deviceId: theirs })
    const withIt = addAddress(fake, 'flotilla.web.gone', plugged)
    const moved = addAddress(fake, 'flotilla.web.gone2', addPort(fake, 'somebody', { deviceId: theirs }))
    const backend = open({ options })
    await backend.list('web', { signal })
    await expect
      .poll(() => backend.problems('web').map(({ about }) => about))
      .toEqual([`port ${plugged}`, `floating address ${moved}`])
    expect(backend.problems('web').map(({ message }) => message)).toMatchObject([
      expect.stringMatching(/is plugged into compute:nova .*give it another name/),
      expect.stringMatching(/has led it to port .*change its description/),
    ])
    await backend.endGroup('web', { signal })
    expect([fake.ports.has(plugged), fake.floatingIps.has(withIt), fake.floatingIps.has(moved)]).toEqual([
      true,
      true,
      true,
    ])
  })

  it('leaves a port that is taken between the look and the removal', async () => {
    const { fake, open } = tests
    const port = addPort(fake, 'flotilla.web.dead')
    const { guard } = fake.http
    fake.http.guard = (request) => {
      const found = fake.ports.get(port)
      if (request.method === 'DELETE' && found !== undefined) found.deviceId = 'theirs'
      return guard(request)
    }
    await open({ options }).list('web', { signal })
    await expect.poll(() => fake.http.count('deletePort')).toBe(1)
    expect(fake.ports.has(port)).toBe(true)
  })

  it('goes by what it has seen itself where the cloud does not say what time it is', async () => {
    const { fake, open } = tests
    const { guard } = fake.http
    fake.http.guard = (request) =>
      request.path === '/network/v2.0/' ? { status: 200, body: {}, headers: { date: '' } } : guard(request)
    const clock = new MovedClock()
    const port = addPort(fake, 'flotilla.web.dead')
    const backend = open({ options, clock })
    await backend.list('web', { signal })
    await expect.poll(() => fake.http.count('listFloatingIps')).toBe(1)
    await backend.list('web', { signal })
    expect(fake.ports.has(port)).toBe(true)
    const leftLater = async (): Promise<readonly string[]> => {
      clock.aheadMs += sweepMs
      await backend.list('web', { signal })
      return left(fake, [port])
    }
    await expect.poll(leftLater, { timeout: 10_000 }).toEqual([])
  })

  it('tells that it fails, until it works', async () => {
    const { fake, open } = tests
    const clock = new MovedClock()
    const refused = { status: 403, body: { NeutronError: { type: 'Forbidden', message: 'no', detail: '' } } }
    fake.http.arm('listPorts', { kind: 'answer', answer: refused })
    const backend = open({ options, clock })
    await backend.list('web', { signal })
    await expect.poll(() => backend.problems('web').map(({ about }) => about)).toEqual(['sweep'])
    clock.aheadMs += sweepMs
    await backend.list('web', { signal })
    await expect.poll(() => backend.problems('web')).toEqual([])
  })

  it('is not done where nothing is made beside the servers', async () => {
    const { fake, open } = tests
    await open().list('web', { signal })
    expect(fake.http.count('listPorts')).toBe(0)
  })
})

describe('the end of a group', () => {
  const tests = cloudTests()

  it('takes what dead launches left, however young, also of kinds that the template has no more', async () => {
    const { fake, open } = tests
    const ids = [
      ...Array.from({ length: 20 }, (_, index) => addPort(fake, `flotilla.web.dead${index}`, { ageMs: 0 })),
      ...Array.from({ length: 20 }, (_, index) => addAddress(fake, `flotilla.web.dead${index}`, '', 0)),
    ]
    const theirs = addPort(fake, 'flotilla.other.dead')
    const { done, failed } = await open().endGroup('web', { signal })
    expect([done.toSorted(), failed]).toEqual([ids.toSorted(), []])
    expect([...fake.ports.keys()]).toEqual([theirs])
  })

  it('reports what it could not remove', async () => {
    const { fake, open } = tests
    const port = addPort(fake, 'flotilla.web.dead')
    const refused = { status: 403, body: { NeutronError: { type: 'Forbidden', message: 'no', detail: '' } } }
    fake.http.arm('deletePort', { kind: 'answer', answer: refused })
    const { failed } = await open().endGroup('web', { signal })
    expect(failed).toMatchObject([{ id: port, error: { code: 'permission-denied' } }])
  })
})
