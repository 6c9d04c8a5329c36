import { FakeClock } from '@flotilla/core/testing'
import { expect, it } from 'vitest'
import { connectRaw, eventually, send } from '../support/client.js'
import { readingOf, startProxy } from '../support/proxy.js'
import { startNamed, startWorker } from '../support/worker.js'

it('lets requests wait for the first member, and counts them', async () => {
  const { port, sync, read } = await startProxy([], { queue: { max: 10, timeoutMs: 60_000 } })
  const waiting = ['x', 'y'].map((body) => send(port, { method: 'POST', body }))
  await eventually(async () => (await read('http.queue')) === 2)
  expect(await read('http.in_flight')).toBe(2)
  await sync((await startNamed('a')).member)
  expect((await Promise.all(waiting)).map(({ body }) => body)).toEqual(['a', 'a'])
  expect(await read('http.queue')).toBe(0)
})

it('sends away what finds the queue full or has waited too long', async () => {
  const clock = new FakeClock()
  const { port, read } = await startProxy([], { clock, queue: { max: 1, timeoutMs: 5000 } })
  const patient = send(port)
  await eventually(async () => (await read('http.queue')) === 1)
  expect(await send(port)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  await clock.advance(4999)
  expect(await read('http.queue')).toBe(1)
  await clock.advance(1)
  expect(await patient).toMatchObject({ status: 503 })
  expect(await read('http.queue')).toBe(0)
})

it('forgets a waiting request whose client goes away', async () => {
  const { port, sync, read } = await startProxy([], { queue: { max: 10, timeoutMs: 60_000 } })
  const client = await connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await eventually(async () => (await read('http.queue')) === 1)
  client.socket.destroy()
  await eventually(async () => (await read('http.queue')) === 0)
  const worker = await startNamed('a')
  await sync(worker.member)
  expect(await read('http.in_flight')).toBe(0)
  expect(worker.requests).toHaveLength(0)
})

it('gives a member no more at once than it may have, first come first served', async () => {
  const order: (string | undefined)[] = []
  const held: (() => void)[] = []
  const worker = await startWorker((request, response) => {
    order.push(request.url)
    held.push(() => response.end())
  })
  const { port, read } = await startProxy([worker.member], {
    maxInFlightPerMember: 2,
    queue: { max: 10, timeoutMs: 60_000 },
  })
  const sent: Promise<unknown>[] = []
  for (const path of ['/1', '/2', '/3', '/4', '/5']) {
    sent.push(send(port, { path }))
    await eventually(async () => order.length + (await read('http.queue')) === sent.length)
  }
  expect(order).toHaveLength(2)
  while (order.length < 5) {
    const before = order.length
    held.shift()?.()
    await eventually(() => order.length === before + 1)
    expect(await read('http.instance_in_flight', worker.member.id)).toBe(2)
  }
  for (const answer of held) answer()
  await Promise.all(sent)
  expect(order).toEqual(['/1', '/2', '/3', '/4', '/5'])
  // What waited took over the connections of what went before it.
  expect(worker.connectionCount()).toBe(2)
})

it('answers 503 at once when every member is full and nothing may wait', async () => {
  const worker = await startWorker(() => {})
  const { port } = await startProxy([worker.member], { maxInFlightPerMember: 1 })
  send(port).catch(() => {})
  await eventually(() => worker.requests.length === 1)
  expect(await send(port)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
})

it('is absent, with the reason, where no request may wait: 0 would read as proof that nothing is late', async () => {
  const { proxy } = await startProxy([])
  expect(await readingOf(proxy, 'http.queue')).toMatchObject({
    kind: 'absent',
    reason: expect.stringContaining('the queue is off'),
  })
})
