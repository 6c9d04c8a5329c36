import { FakeClock } from '@flotilla/core/testing'
import { expect, it } from 'vitest'
import { connectRaw, eventually, send, type Answer } from '../support/client.js'
import { startProxy } from '../support/proxy.js'
import { startNamed, startWorker, type Worker } from '../support/worker.js'

/** A worker that answers when the test says so. */
async function startHolding(id: string): Promise<Worker & { release: () => void }> {
  const waiting: (() => void)[] = []
  const worker = await startWorker((_, response) => void waiting.push(() => response.end(id)), { id })
  return { ...worker, release: () => waiting.splice(0).forEach((answer) => answer()) }
}

it('gives a removed member no new request, and waits for the one it has', async () => {
  const old = await startHolding('old')
  const { port, sync, read } = await startProxy([old.member], { drainTimeoutMs: 60_000 })
  const held = send(port)
  await eventually(() => old.requests.length === 1)
  const young = await startNamed('young')
  let isOver = false
  const removal = sync(young.member).finally(() => (isOver = true))
  for (let round = 0; round < 3; round += 1) expect((await send(port)).body).toBe('young')
  expect(old.requests).toHaveLength(1)
  expect(isOver).toBe(false)
  expect(await read('http.instance_in_flight', 'old')).toBe(1)

  old.release()
  expect((await held).body).toBe('old')
  expect(await removal).toEqual({ drained: ['old'], cut: [], readmitted: [] })
})

it('waits for the member, not for a client that has yet to take what the member has said', async () => {
  const slow = await startHolding('slow')
  const quick = await startNamed('quick')
  const { port, sync, read } = await startProxy([slow.member, quick.member], { drainTimeoutMs: 60_000 })
  // Pipelined: the second answer is there, and must wait for the first.
  const client = await connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2))
  await eventually(() => quick.requests.length === 1)
  expect(await sync(slow.member)).toMatchObject({ drained: ['quick'] })
  expect(await read('http.in_flight')).toBe(2)
  slow.release()
  await client.until(/slow[^]*quick/)
})

it('cuts off what is left when the bound passes', async () => {
  const clock = new FakeClock()
  const worker = await startWorker((request, response) => {
    if (request.url === '/begun') response.write('begun')
  })
  const { port, sync } = await startProxy([worker.member], { clock, drainTimeoutMs: 30_000 })
  const unanswered = send(port)
  const begun = await connectRaw(port, 'GET /begun HTTP/1.1\r\nHost: a\r\n\r\n')
  await begun.until(/begun/)
  await eventually(() => worker.requests.length === 2)
  const removal = sync()
  await clock.advance(29_999)
  expect(worker.requests[0]?.socket.destroyed).toBe(false)

  await clock.advance(1)
  expect(await removal).toEqual({ drained: [], cut: [worker.member.id], readmitted: [] })
  expect(await unanswered).toMatchObject({ status: 502 })
  await begun.closed
})

it('closes idle connections to a removed member at once', async () => {
  const worker = await startNamed('a')
  // It neither closes them itself nor announces that it will.
  worker.server.keepAliveTimeout = 0
  const { port, sync } = await startProxy([worker.member], { keepAliveMs: 60_000 })
  await send(port)
  const [request] = worker.requests
  expect(request?.socket.destroyed).toBe(false)
  await sync()
  await eventually(() => request?.socket.destroyed === true)
})

it('brings a draining member back, and tells the call that removed it', async () => {
  const worker = await startHolding('a')
  const { port, sync, read } = await startProxy([worker.member], { drainTimeoutMs: 60_000 })
  const held = send(port)
  await eventually(() => worker.requests.length === 1)
  const removal = sync()
  expect((await send(port)).status).toBe(503)
  expect(await sync(worker.member)).toEqual({ drained: [], cut: [], readmitted: [] })
  expect(await removal).toEqual({ drained: [], cut: [], readmitted: ['a'] })

  const second = send(port)
  await eventually(() => worker.requests.length === 2)
  expect(await read('http.instance_in_flight', 'a')).toBe(2)
  worker.release()
  expect(await Promise.all([held, second])).toMatchObject([{ body: 'a' }, { body: 'a' }])

  // Its connections are kept again, too.
  const before = worker.connectionCount()
  const third = send(port)
  await eventually(() => worker.requests.length === 3)
  worker.release()
  await third
  expect(worker.connectionCount()).toBe(before)
})

it('is not cut by the bound of a removal that was taken back', async () => {
  const clock = new FakeClock()
  const worker = await startHolding('a')
  const { port, sync } = await startProxy([worker.member], { clock, drainTimeoutMs: 1000 })
  const held = send(port)
  await eventually(() => worker.requests.length === 1)
  const removal = sync()
  await clock.advance(500)
  await sync(worker.member)
  expect(await removal).toMatchObject({ readmitted: ['a'] })
  await clock.advance(5000)
  worker.release()
  expect((await held).body).toBe('a')
})

it('counts each removal of its own: removed, brought back, removed again', async () => {
  const clock = new FakeClock()
  const worker = await startHolding('a')
  const { port, sync } = await startProxy([worker.member], { clock, drainTimeoutMs: 1000 })
  const held = send(port)
  await eventually(() => worker.requests.length === 1)
  const reports = [sync(), sync(worker.member), sync()]
  await clock.advance(999)
  worker.release()
  await held
  expect(await Promise.all(reports)).toEqual([
    { drained: [], cut: [], readmitted: ['a'] },
    { drained: [], cut: [], readmitted: [] },
    { drained: ['a'], cut: [], readmitted: [] },
  ])
})

it('treats a new address as another member: the old one drains', async () => {
  const old = await startHolding('web-1')
  const young = await startNamed('young')
  const { port, sync } = await startProxy([old.member], { drainTimeoutMs: 60_000 })
  const held = send(port)
  await eventually(() => old.requests.length === 1)
  const move = sync({ ...old.member, port: young.member.port })
  expect((await send(port)).body).toBe('young')
  old.release()
  expect((await held).body).toBe('web-1')
  expect(await move).toEqual({ drained: ['web-1'], cut: [], readmitted: [] })
})

it('rejects with the reason when aborted, and the removal goes on', async () => {
  const worker = await startHolding('a')
  const { port, proxy } = await startProxy([worker.member], { drainTimeoutMs: 60_000 })
  const held = send(port)
  await eventually(() => worker.requests.length === 1)
  const reason = new Error('enough')
  const controller = new AbortController()
  const removal = proxy.sync([], { signal: controller.signal })
  await eventually(async () => (await send(port)).status === 503)
  controller.abort(reason)
  await expect(removal).rejects.toBe(reason)
  expect((await send(port)).status).toBe(503)
  worker.release()
  expect((await held).body).toBe('a')
  await expect(proxy.sync([worker.member], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect((await send(port)).status).toBe(503)
})

it('takes overlapping calls in the order they were made, also before it listens', async () => {
  const workers = await Promise.all(['a', 'b', 'c'].map(startNamed))
  const { proxy: made } = await startProxy([])
  await made.close()
  const { proxy } = await import('../../src/index.js')
  const fresh = proxy({ port: 0 })
  const { signal } = new AbortController()
  await Promise.all(workers.map(({ member }) => fresh.sync([member], { signal })))
  const answers: Answer[] = []
  for (let round = 0; round < 3; round += 1) answers.push(await send(fresh.address?.port ?? 0))
  expect(answers.map(({ body }) => body)).toEqual(['c', 'c', 'c'])
  await fresh.close()
})

it('changes nothing when given the same set again', async () => {
  const worker = await startNamed('a')
  const { port, sync } = await startProxy([worker.member], { keepAliveMs: 60_000 })
  for (let round = 0; round < 5; round += 1) {
    expect(await sync({ ...worker.member })).toEqual({ drained: [], cut: [], readmitted: [] })
    await send(port)
  }
  expect(worker.connectionCount()).toBe(1)
})

it.each([
  ['an empty id', { id: '' }],
  ['an empty host', { host: '' }],
  ['a host with a port', { host: '127.0.0.1:80' }],
  ['a host in brackets', { host: '[::1]' }],
  ['a host with a path', { host: 'a/b' }],
  ['a host with a newline', { host: 'a\nb' }],
  ['port 0', { port: 0 }],
  ['port 65536', { port: 65_536 }],
  ['a broken port', { port: 80.5 }],
  ['weight 0', { weight: 0 }],
  ['weight NaN', { weight: Number.NaN }],
  ['an id given twice', { id: 'good' }],
])('refuses a set with %s, and keeps the one before', async (_, change) => {
  const good = await startNamed('good')
  const { port, sync } = await startProxy([good.member])
  await expect(sync(good.member, { ...good.member, id: 'bad', ...change })).rejects.toMatchObject({
    code: 'invalid-options',
    field: expect.stringMatching(/^members\.1\.(id|host|port|weight)$/),
  })
  expect((await send(port)).body).toBe('good')
})

it.each(['localhost', 'web_1.internal', '::1', '10.0.0.1', 'a.b-c.example.'])(
  'takes the host %s',
  async (host) => {
    const { sync } = await startProxy([])
    await expect(sync({ id: 'a', host, port: 80 })).resolves.toBeDefined()
  },
)
