// #region first
import { customProbe, FlotillaError, silentLogger, type Autoscaler } from '@flotilla/core'
import { FakeClock, fakeBackend, fakeBalancer, fakeMetrics, once } from '@flotilla/core/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { mailers } from '../group.js'

const minute = 60_000
/** Hosts whose service does not answer. */
const sick = new Set<string>()

function makeParts() {
  const clock = new FakeClock()
  return {
    clock,
    // Machines that need half a minute to boot.
    backend: fakeBackend({ clock, bootMs: 30_000 }),
    balancer: fakeBalancer({ clock }),
    queue: fakeMetrics({ name: 'mail.waiting', unit: 'count' }),
    probe: customProbe({ name: 'not sick', check: ({ address }) => !sick.has(address.host) }),
  }
}

let parts: ReturnType<typeof makeParts>
let group: Autoscaler

beforeEach(async () => {
  parts = makeParts()
  const { queue, ...given } = parts
  group = mailers({ ...given, metrics: [queue], logger: silentLogger })
  await parts.clock.runUntil(group.start())
})

afterEach(async () => {
  sick.clear()
  await parts.clock.runUntil(group.stop({ terminate: true }))
})

it('grows with the queue, and gives mail only to those that are up', async () => {
  const { clock, queue, balancer } = parts
  queue.set(50)
  await clock.advance(20_000)
  expect(group.status().desired).toBe(3)
  expect(balancer.members).toEqual([])
  await clock.advance(minute)
  expect(balancer.members).toHaveLength(3)
})
// #endregion

// #region faults
it('keeps its size while the queue cannot be read', async () => {
  const { clock, queue } = parts
  queue.set(50)
  await clock.advance(2 * minute)
  queue.fail('connection refused')
  await clock.advance(10 * minute)
  expect(group.status().desired).toBe(3)
  expect(group.status().problems.map(({ kind }) => kind)).toContain('metric-failed')
})

it('launches again, later and later, while the host has no room', async () => {
  const { clock, backend, queue } = parts
  const noRoom = new FlotillaError('no-capacity', 'no host has room')
  backend.faults.launch = once({ kind: 'fail', error: noRoom }, 2)
  queue.set(50)
  await clock.advance(5 * minute)
  expect(group.status().instances.map(({ state }) => state)).toEqual(Array(3).fill('in-service'))
})

it('makes no machine twice when the answer to a launch is lost', async () => {
  const { clock, backend, queue } = parts
  backend.faults.launch = once({ kind: 'lose-reply' })
  queue.set(50)
  await clock.advance(5 * minute)
  expect(backend.machines.show('mailers')).toHaveLength(3)
})

it('replaces a machine whose service no longer answers', async () => {
  const { clock, queue, balancer } = parts
  queue.set(50)
  await clock.advance(2 * minute)
  const [first] = balancer.members
  sick.add(first?.host ?? '')
  await clock.advance(3 * minute)
  expect(balancer.members).toHaveLength(3)
  expect(balancer.members.map(({ id }) => id)).not.toContain(first?.id)
})
// #endregion

// #region time
it('shrinks only when the queue has been short for a minute', async () => {
  const { clock, queue } = parts
  queue.set(100)
  await clock.advance(5 * minute)
  expect(group.status().desired).toBe(5)
  queue.set(0)
  await clock.advance(50_000)
  expect(group.status().desired).toBe(5)
  await clock.advance(minute)
  expect(group.status().desired).toBe(1)
})

it('ends nobody who still has a request', async () => {
  const { clock, queue, balancer, backend } = parts
  queue.set(40)
  await clock.advance(2 * minute)
  const long = [...balancer.members].map(({ id }) => balancer.hold(id))
  queue.set(0)
  await clock.advance(80_000)
  expect(group.status().desired).toBe(1)
  expect(backend.machines.show('mailers')).toHaveLength(2)
  for (const request of long) request.release()
  await clock.advance(minute)
  expect(backend.machines.show('mailers')).toHaveLength(1)
})
// #endregion
