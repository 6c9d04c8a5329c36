import { performance } from 'node:perf_hooks'
import { expect, it } from 'vitest'
import { connectRaw, eventually, send, type RawClient } from '../support/client.js'
import { noLogger, noSignal, startProxy } from '../support/proxy.js'
import { startNamed, startWorker } from '../support/worker.js'

it.each([
  ['says nothing', '', false],
  ['sends half a head', 'GET / HTTP/1.1\r\nHost: a\r\n', false],
  ['sends a head line by line', 'GET / HTTP/1.1\r\nHost: a\r\n', true],
])('closes a connection that %s within the bound for heads', async (_, bytes, drips) => {
  const worker = await startNamed('a')
  const { port } = await startProxy([worker.member], { headTimeoutMs: 400 })
  const startMs = performance.now()
  const client = await connectRaw(port, bytes)
  const dripping = setInterval(() => drips && client.socket.write('X-A: 1\r\n'), 50)
  await client.closed
  clearInterval(dripping)
  expect(performance.now() - startMs).toBeGreaterThan(390)
  expect(client.received()).toMatch(/^(HTTP\/1\.1 408 |$)/)
  expect((await send(port)).body).toBe('a')
})

it('closes the connection of a client that takes nothing of its answer, and frees the member', async () => {
  const worker = await startWorker((_, response) => void response.end(Buffer.alloc(64 * 2 ** 20)))
  const { port, read } = await startProxy([worker.member], { clientTimeoutMs: 300 })
  const client = await connectRaw(port)
  client.socket.pause()
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await eventually(async () => worker.requests.length === 1)
  await eventually(async () => (await read('http.in_flight')) === 0)
  expect(await read('http.instance_in_flight', worker.member.id)).toBe(0)
})

it('lets an answer pause, and a client wait for one, for longer than that', async () => {
  const worker = await startWorker((_, response) => {
    setTimeout(() => response.write('one '), 700)
    setTimeout(() => response.end('two'), 1400)
  })
  const { port } = await startProxy([worker.member], { clientTimeoutMs: 300 })
  expect(await send(port)).toMatchObject({ status: 200, body: 'one two' })
})

it('closes the connection of a client that stops sending what its member already answers', async () => {
  const worker = await startWorker((_, response) => void response.write('begun'))
  const { port, read } = await startProxy([worker.member], { clientTimeoutMs: 300 })
  const client = await connectRaw(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
  await client.until(/begun/)
  await client.closed
  await eventually(async () => (await read('http.in_flight')) === 0)
  expect(await read('http.instance_in_flight', worker.member.id)).toBe(0)
})

it('serves others while one client holds as many half-sent heads as it likes, and says so', async () => {
  const worker = await startNamed('a')
  const warnings: string[] = []
  const logger = { ...noLogger, warn: (_: object, message: string) => void warnings.push(message) }
  const { port, proxy, read } = await startProxy([worker.member], { maxConnections: 20, logger })
  const halves: RawClient[] = []
  for (let index = 0; index < 60; index += 1) {
    halves.push(await connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n'))
    if (index % 10 === 9) {
      expect((await send(port)).body).toBe('a')
      expect(await proxy.check?.({ signal: noSignal })).toEqual({ serves: true })
    }
  }
  await eventually(async () => (await read('http.connections')) <= 10)
  expect(halves.filter(({ socket }) => !socket.destroyed).length).toBeLessThanOrEqual(10)
  expect(await read('http.refused_rate')).toBeGreaterThan(0)
  expect(warnings).toEqual([
    expect.stringMatching(/^connections without a request were closed to make room: all of 20, or 10 of one/),
  ])
})

it('answers 503 where each connection has a request under way, and leaves those alone', async () => {
  const finish: (() => void)[] = []
  const worker = await startWorker((_, response) => void finish.push(() => response.end('done')))
  const { port, read } = await startProxy([worker.member], { maxConnections: 3, maxConnectionsPerClient: 3 })
  const held = [send(port), send(port), send(port)]
  await eventually(() => finish.length === 3)
  const refused = await connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await refused.closed
  expect(refused.received()).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1\r\n[^]*too many connections/)
  expect(await read('http.connections')).toBe(3)
  for (const end of finish) end()
  for (const answer of held) expect(await answer).toMatchObject({ status: 200, body: 'done' })
  expect(await read('http.refused_rate')).toBeGreaterThan(0)
})
