import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { FakeClock } from '@flotilla/core/testing'
import { expect, it, onTestFinished } from 'vitest'
import { connectRaw, eventually, type RawClient } from '../support/client.js'
import { startProxy } from '../support/proxy.js'
import { refusingMember, startRawMember, startWorker, type Worker } from '../support/worker.js'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const handshake = (path = '/'): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`

/** RFC 6455, section 4.2.2. */
const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

/** Takes the handshake and sends back every byte; frames are the ends' affair, not the proxy's. */
async function startEcho(
  onUpgrade: (request: IncomingMessage, socket: Socket) => unknown = () => {},
): Promise<Worker> {
  const worker = await startWorker((_, response) => response.end('plain'))
  worker.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {})
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.write(head)
    socket.pipe(socket)
    onUpgrade(request, socket)
  })
  return worker
}

async function openTo(port: number): Promise<RawClient> {
  const client = await connectRaw(port, handshake())
  await client.until(/^HTTP\/1\.1 101 [^]*\r\n\r\n/)
  return client
}

it('opens a WebSocket and carries bytes both ways, counted in flight all the while', async () => {
  let seen: IncomingMessage | undefined
  const worker = await startEcho((request) => (seen = request))
  const { port, read } = await startProxy([worker.member])
  // The first frame may come right behind the handshake.
  const client = await connectRaw(port, `${handshake('/chat?x=1')}\x81\x05first`)
  await client.until(/first$/)
  expect(client.received()).toContain(accept)
  expect(seen).toMatchObject({
    url: '/chat?x=1',
    headers: { upgrade: 'websocket', 'sec-websocket-key': key, 'x-forwarded-for': '127.0.0.1' },
  })
  client.socket.write('\x81\x06second', 'latin1')
  await client.until(/second$/)
  expect(client.received().endsWith('\r\n\r\n\x81\x05first\x81\x06second')).toBe(true)
  expect(await read('http.in_flight')).toBe(1)
  expect(await read('http.instance_in_flight', worker.member.id)).toBe(1)

  client.socket.end()
  await client.closed
  await eventually(async () => (await read('http.in_flight')) === 0)
  expect(await read('http.instance_in_flight', worker.member.id)).toBe(0)
})

it.each(['end', 'destroy'] as const)('closes the other side when one does: %s', async (how) => {
  const sockets: Socket[] = []
  const worker = await startEcho((_, socket) => void sockets.push(socket))
  const { port, read } = await startProxy([worker.member])
  const first = await openTo(port)
  sockets[0]?.[how]()
  await first.closed
  const second = await openTo(port)
  second.socket[how]()
  await eventually(() => sockets[1]?.destroyed === true)
  await eventually(async () => (await read('http.in_flight')) === 0)
  expect(sockets).toHaveLength(2)
})

it('goes on to the next member when one refuses the connection', async () => {
  let opened = 0
  const worker = await startEcho(() => (opened += 1))
  const { port } = await startProxy([await refusingMember('gone'), worker.member])
  for (let round = 0; round < 2; round += 1) (await openTo(port)).socket.destroy()
  expect(opened).toBe(2)
})

it('passes on a refusal of the handshake, and its member is free again', async () => {
  const worker = await startWorker(() => {})
  worker.server.on('upgrade', (_: IncomingMessage, socket: Socket) => {
    socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nWWW-Authenticate: Basic\r\n\r\nno')
  })
  const { port, read } = await startProxy([worker.member])
  const client = await connectRaw(port, handshake())
  await client.closed
  expect(client.received()).toMatch(
    /^HTTP\/1\.1 401 Unauthorized\r\n[^]*www-authenticate: Basic[^]*\r\n\r\nno$/i,
  )
  await eventually(async () => (await read('http.instance_in_flight', worker.member.id)) === 0)
})

it.each([
  ['there is no member', 503, undefined, 60_000],
  [
    'the member breaks off',
    502,
    (socket: Socket) => void socket.once('data', () => socket.destroy()),
    60_000,
  ],
  ['the member is silent', 504, () => {}, 40],
])('answers a handshake when %s: %i', async (_, status, onConnection, responseTimeoutMs) => {
  const members = onConnection === undefined ? [] : [await startRawMember(onConnection)]
  const { port, read } = await startProxy(members, { responseTimeoutMs })
  const client = await connectRaw(port, handshake())
  await client.closed
  expect(client.received()).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  if (status === 503) expect(client.received()).toMatch(/\r\nretry-after: 1\r\n/)
  await eventually(async () => (await read('http.in_flight')) === 0)
})

it('frees the member when the client goes away during the handshake', async () => {
  let taken = 0
  const silent = await startRawMember((socket) => socket.once('data', () => (taken += 1)))
  const { port, read } = await startProxy([silent])
  const client = await connectRaw(port, handshake())
  await eventually(() => taken === 1)
  client.socket.destroy()
  await eventually(async () => (await read('http.in_flight')) === 0)
  expect(await read('http.instance_in_flight', silent.id)).toBe(0)
})

it('frees a member that takes no notice of the end of its connection', async () => {
  const { port, read, member, sockets } = await startStubborn()
  const client = await openTo(port)
  expect(await read('http.instance_in_flight', member.id)).toBe(1)
  client.socket.resetAndDestroy()
  await eventually(async () => (await read('http.instance_in_flight', member.id)) === 0)
  // It finds out when it writes.
  await eventually(() => {
    sockets[0]?.write('x')
    return sockets[0]?.destroyed === true
  })
})

it('ends a WebSocket whose client takes nothing any more when the proxy closes', async () => {
  const { port, read, proxy, sockets } = await startStubborn()
  const client = await openTo(port)
  client.socket.pause()
  const [socket] = sockets
  while (socket?.write(Buffer.alloc(2 ** 20)) === true);
  await proxy.close()
  await eventually(async () => (await read('http.in_flight')) === 0)
  expect(client.socket.destroyed).toBe(false)
})

/** A member that opens every WebSocket and then neither reads from it nor closes it. */
async function startStubborn() {
  const sockets: Socket[] = []
  const worker = await startWorker(() => {})
  worker.server.on('upgrade', (_: IncomingMessage, socket: Socket) => {
    sockets.push(socket.on('error', () => {}))
    onTestFinished(() => void socket.destroy())
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  })
  return { member: worker.member, sockets, ...(await startProxy([worker.member])) }
}

it('leaves a WebSocket to a removed member open until the drain bound, then ends it', async () => {
  const clock = new FakeClock()
  const worker = await startEcho()
  const { port, sync } = await startProxy([worker.member], { clock, drainTimeoutMs: 5000 })
  const client = await openTo(port)
  let isOver = false
  const removal = sync().finally(() => (isOver = true))
  await clock.advance(4999)
  client.socket.write('still here')
  await client.until(/still here$/)
  expect(isOver).toBe(false)

  await clock.advance(1)
  expect(await removal).toEqual({ drained: [], cut: [worker.member.id], readmitted: [] })
  await client.closed
})

it('is drained once the last WebSocket has closed', async () => {
  const worker = await startEcho()
  const { port, sync } = await startProxy([worker.member], { drainTimeoutMs: 60_000 })
  const client = await openTo(port)
  const removal = sync()
  client.socket.destroy()
  expect(await removal).toEqual({ drained: [worker.member.id], cut: [], readmitted: [] })
})
