import { createServer } from 'node:net'
import { FakeClock } from '@flotilla/core/testing'
import { expect, it, onTestFinished } from 'vitest'
import { proxy } from '../src/index.js'
import { connectRaw, eventually, send } from './support/client.js'
import { noSignal, startProxy } from './support/proxy.js'
import { startNamed, startWorker } from './support/worker.js'

it('listens at the first sync, and tells where', async () => {
  const worker = await startNamed('a')
  const made = proxy({ port: 0 })
  onTestFinished(() => made.close())
  expect(made.address).toBeUndefined()
  await made.sync([worker.member], { signal: noSignal })
  expect(made.address).toEqual({ host: '127.0.0.1', port: expect.any(Number) })
  expect((await send(made.address?.port ?? 0)).body).toBe('a')
  expect(await made.listen()).toEqual(made.address)
})

it('names the port when another program has it, and works once it is free', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve))
  const address = other.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const worker = await startNamed('a')
  const made = proxy({ port })
  onTestFinished(() => made.close())
  const failure = {
    code: 'conflict',
    message: `listen on 127.0.0.1:${port}: this very process listens on port ${port}; end that, or give the proxy another \`port\``,
  }
  await expect(made.listen()).rejects.toMatchObject(failure)
  await expect(made.sync([worker.member], { signal: noSignal })).rejects.toMatchObject(failure)
  await new Promise((resolve) => other.close(resolve))
  await made.sync([worker.member], { signal: noSignal })
  expect((await send(port)).body).toBe('a')
})

it('says when this machine has no such address', async () => {
  const made = proxy({ port: 0, host: '192.0.2.1' })
  await expect(made.listen()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('192.0.2.1'),
  })
})

it('lets requests in flight end when it closes, and takes no new connection', async () => {
  let answer: (() => void) | undefined
  const worker = await startWorker((_, response) => (answer = () => response.end('done')))
  const { proxy: made, port } = await startProxy([worker.member], { drainTimeoutMs: 60_000 })
  const idle = await connectRaw(port)
  const held = connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await eventually(() => worker.requests.length === 1)
  const closing = made.close()
  await expect(send(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  answer?.()
  await closing
  const client = await held
  await client.closed
  expect(client.received()).toMatch(/connection: close[^]*done/)
  await idle.closed
  await eventually(() => worker.requests[0]?.socket.destroyed === true)
})

it('breaks off what is left at the bound when it closes', async () => {
  const clock = new FakeClock()
  const worker = await startWorker(() => {})
  const { proxy: made, port } = await startProxy([worker.member], { clock, drainTimeoutMs: 5000 })
  const held = send(port)
  await eventually(() => worker.requests.length === 1)
  const removal = made.sync([], { signal: noSignal })
  let isClosed = false
  const closing = made.close().finally(() => (isClosed = true))
  await clock.advance(4999)
  expect(isClosed).toBe(false)
  await clock.advance(1)
  expect(await held).toMatchObject({ status: 502 })
  await closing
  expect(await removal).toMatchObject({ cut: [worker.member.id] })
})

it('sends waiting requests away when it closes', async () => {
  const { proxy: made, port, read } = await startProxy([], { queue: { max: 5, timeoutMs: 60_000 } })
  const waiting = send(port)
  await eventually(async () => (await read('http.queue')) === 1)
  await made.close()
  expect(await waiting).toMatchObject({ status: 503 })
})

it('may be closed twice, and before it listened; after that it refuses', async () => {
  const made = proxy({ port: 0, name: 'front' })
  await Promise.all([made.close(), made.close()])
  await made.close()
  const closed = { code: 'closed', message: expect.stringContaining('front is closed') }
  await expect(made.listen()).rejects.toMatchObject(closed)
  await expect(made.sync([], { signal: noSignal })).rejects.toMatchObject(closed)
})
