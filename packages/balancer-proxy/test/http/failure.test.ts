import { request as httpRequest } from 'node:http'
import { expect, it } from 'vitest'
import { connectRaw, eventually, send } from '../support/client.js'
import { startProxy } from '../support/proxy.js'
import { startRawMember, startWorker } from '../support/worker.js'

it.each([
  ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome'],
  ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n'],
])('breaks off an answer %s that its member broke off', async (_, bytes) => {
  const member = await startRawMember((socket) => {
    socket.once('data', () => socket.write(bytes, () => setTimeout(() => socket.destroy(), 10)))
  })
  const { port, read } = await startProxy([member])
  const client = await connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.closed
  expect(client.received()).toMatch(/^HTTP\/1\.1 200 OK[^]*some/)
  expect(client.received()).not.toMatch(/0\r\n\r\n$/)
  await expect(send(port)).rejects.toThrow(/aborted|hang up/)
  await eventually(async () => (await read('http.in_flight')) === 0)
})

it.each([
  ['no HTTP at all', 'nonsense\r\n\r\n'],
  ['an impossible status', 'HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  ['nothing', ''],
])('answers 502 when a member answers %s', async (_, bytes) => {
  const member = await startRawMember((socket) => socket.once('data', () => socket.end(bytes, 'latin1')))
  const { port, read } = await startProxy([member])
  expect(await send(port)).toMatchObject({ status: 502 })
  expect(await send(port, { method: 'POST', body: 'x' })).toMatchObject({ status: 502 })
  expect(await read('http.in_flight')).toBe(0)
  expect(await read('http.instance_in_flight', member.id)).toBe(0)
})

it.each([
  ['a reason with a control character', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok'],
  [
    'trailers announced for a body that has none',
    'HTTP/1.1 200 OK\r\nTrailer: x\r\nContent-Length: 2\r\n\r\nok',
  ],
])('passes on an answer with %s, mended', async (_, bytes) => {
  const member = await startRawMember((socket) => socket.once('data', () => socket.end(bytes, 'latin1')))
  const { port } = await startProxy([member])
  expect(await send(port)).toMatchObject({ status: 200, body: 'ok' })
})

it('passes on a request that announces trailers it cannot have', async () => {
  const worker = await startWorker((_, response) => response.end('ok'))
  const { port } = await startProxy([worker.member])
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nTrailer: x\r\nContent-Length: 1\r\n\r\nx'
  const client = await connectRaw(port, head)
  await client.until(/200 OK[^]*ok$/)
  expect(worker.requests[0]?.headers).not.toHaveProperty('trailer')
})

it('answers 504 when nothing comes from the member for too long', async () => {
  const worker = await startWorker(() => {})
  const { port, read } = await startProxy([worker.member], { responseTimeoutMs: 40 })
  expect(await send(port, { method: 'POST', body: 'x' })).toMatchObject({ status: 504 })
  expect(await read('http.in_flight')).toBe(0)
  // The request is taken back: the member sees its connection go.
  await eventually(() => worker.requests[0]?.socket.destroyed === true)
})

it('answers 408 when nothing comes from the client for too long', async () => {
  const worker = await startWorker((request) => void request.resume())
  const { port } = await startProxy([worker.member], { responseTimeoutMs: 40 })
  const client = await connectRaw(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
  await client.closed
  expect(client.received()).toMatch(/^HTTP\/1\.1 408 /)
})

it('lets an answer that has begun pause for longer than that', async () => {
  const worker = await startWorker((_, response) => {
    response.write('begun ')
    setTimeout(() => response.end('ended'), 800)
  })
  const { port } = await startProxy([worker.member], { responseTimeoutMs: 600 })
  expect(await send(port)).toMatchObject({ status: 200, body: 'begun ended' })
})

it.each([
  ['before the answer', false],
  ['in the middle of the answer', true],
])('frees the member of a request whose client goes away %s', async (_, begins) => {
  const worker = await startWorker((_request, response) => {
    if (begins) response.write('begun')
  })
  const { port, read } = await startProxy([worker.member])
  const client = await connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  if (begins) await client.until(/begun/)
  else await eventually(() => worker.requests.length === 1)
  expect(await read('http.in_flight')).toBe(1)
  client.socket.destroy()
  await eventually(() => worker.requests[0]?.socket.destroyed === true)
  await eventually(async () => (await read('http.in_flight')) === 0)
  expect(await read('http.instance_in_flight', worker.member.id)).toBe(0)
})

it('frees the member of an upload whose client goes away', async () => {
  const worker = await startWorker((request) => void request.resume())
  const { port, read } = await startProxy([worker.member])
  const request = httpRequest({ host: '127.0.0.1', port, method: 'POST' })
  request.on('error', () => {})
  request.write('some')
  await eventually(() => worker.requests.length === 1)
  request.destroy()
  await eventually(() => worker.requests[0]?.destroyed === true)
  await eventually(async () => (await read('http.in_flight')) === 0)
  expect(worker.requests[0]?.complete).toBe(false)
})

it('frees the members of pipelined requests whose client goes away', async () => {
  const worker = await startWorker((_, response) => void response.write('x'.repeat(200_000)))
  const { port, read } = await startProxy([worker.member])
  const client = await connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(12))
  await eventually(() => worker.requests.length >= 3)
  client.socket.destroy()
  await eventually(async () => (await read('http.in_flight')) === 0)
  await eventually(() => worker.requests.every(({ socket }) => socket.destroyed))
  expect(await read('http.instance_in_flight', worker.member.id)).toBe(0)
})

it('survives clients that reset their connections', async () => {
  const worker = await startWorker((request, response) => void request.pipe(response))
  const { port, read } = await startProxy([worker.member])
  const starts = [
    'GET',
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx',
  ]
  for (const start of starts) {
    const client = await connectRaw(port, start)
    await new Promise((resolve) => setTimeout(resolve, 5))
    client.socket.resetAndDestroy()
  }
  await eventually(async () => (await read('http.in_flight')) === 0)
  expect((await send(port, { method: 'POST', body: 'alive' })).body).toBe('alive')
})
