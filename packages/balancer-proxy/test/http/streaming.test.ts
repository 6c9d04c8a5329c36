import { createHash, randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect, it } from 'vitest'
import { connectRaw, eventually, send } from '../support/client.js'
import { startProxy } from '../support/proxy.js'
import { startWorker } from '../support/worker.js'

const mebibyte = 2 ** 20
/** More than every socket buffer on the way holds together. */
const bodyBytes = 96 * mebibyte

function* chunksOf(bytes: number, onChunk: (size: number) => void = () => {}): Generator<Buffer> {
  const chunk = randomBytes(mebibyte / 4)
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    onChunk(chunk.length)
    yield chunk
  }
}

it('brings a large body there and back whole', async () => {
  const worker = await startWorker((request, response) => void request.pipe(response))
  const { port } = await startProxy([worker.member])
  const sent = createHash('sha256')
  const received = createHash('sha256')
  const request = httpRequest({ host: '127.0.0.1', port, method: 'POST' })
  const answer = new Promise<IncomingMessage>((resolve) => request.once('response', resolve))
  const body = Readable.from(chunksOf(24 * mebibyte)).on('data', (chunk: Buffer) => sent.update(chunk))
  await Promise.all([
    pipeline(body, request),
    (async () => {
      for await (const chunk of await answer) received.update(chunk as Buffer)
    })(),
  ])
  expect(received.digest('hex')).toBe(sent.digest('hex'))
})

it('holds an upload back while the member does not read it', async () => {
  let arrived: IncomingMessage | undefined
  const worker = await startWorker((request) => (arrived = request))
  const { port } = await startProxy([worker.member])
  let taken = 0
  const request = httpRequest({ host: '127.0.0.1', port, method: 'POST' })
  const upload = pipeline(Readable.from(chunksOf(bodyBytes, (size) => (taken += size))), request)
  await eventually(() => arrived !== undefined)
  await untilSteady(() => taken)
  expect(taken).toBeLessThan(bodyBytes / 2)

  arrived?.resume()
  await upload
  expect(taken).toBe(bodyBytes)
  request.destroy()
})

it('holds a download back while the client does not read it', async () => {
  let written = 0
  const worker = await startWorker((_, response) => {
    void pipeline(Readable.from(chunksOf(bodyBytes, (size) => (written += size))), response).catch(() => {})
  })
  const { port } = await startProxy([worker.member])
  const answer = await new Promise<IncomingMessage>((resolve) => {
    httpRequest({ host: '127.0.0.1', port }, resolve).end()
  })
  await untilSteady(() => written)
  expect(written).toBeLessThan(bodyBytes / 2)

  let received = 0
  for await (const chunk of answer) received += (chunk as Buffer).length
  expect(received).toBe(bodyBytes)
})

it('gives the client the head of an answer whose body is yet to come', async () => {
  let finish: (() => void) | undefined
  const worker = await startWorker((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    finish = () => response.end('data: 1\n\n')
  })
  const { port } = await startProxy([worker.member])
  const client = await connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.until(/text\/event-stream[^]*\r\n\r\n/)
  expect(client.received()).not.toContain('data')
  finish?.()
  await client.until(/data: 1/)
})

it('lets the client send a body once a member is there, when it asks before', async () => {
  const worker = await startWorker((request, response) => void request.pipe(response))
  const { port, sync, proxy } = await startProxy([])
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n'

  const refused = await connectRaw(port, head)
  await refused.closed
  expect(refused.received()).toMatch(/^HTTP\/1\.1 503 /)

  await sync(worker.member)
  const client = await connectRaw(port, head)
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  client.socket.write('body')
  await client.until(/HTTP\/1\.1 200 OK[^]*body/)
  expect(worker.requests[0]?.headers).not.toHaveProperty('expect')
  expect(proxy.address?.port).toBe(port)
})

it('passes on an answer that comes before the upload is through', async () => {
  const worker = await startWorker((_, response) => {
    response.writeHead(413, { connection: 'close' }).end('too large')
  })
  const { port, read } = await startProxy([worker.member])
  const client = await connectRaw(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin')
  await client.until(/^HTTP\/1\.1 413 [^]*too large/)
  client.socket.destroy()
  await eventually(async () => (await read('http.in_flight')) === 0)
  expect((await send(port)).status).toBe(413)
})

/** Waits until a number has stopped growing for a while. */
async function untilSteady(value: () => number): Promise<void> {
  for (let before = -1; value() === 0 || value() !== before;) {
    before = value()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
