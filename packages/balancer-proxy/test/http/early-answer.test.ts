import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { connectRaw } from '../support/client.js'
import { startProxy } from '../support/proxy.js'
import { startRawMember, startWorker } from '../support/worker.js'

/** Sends a body for as long as it may, and reads what comes. Resolves with the status, or what went wrong. */
async function upload(port: number, headers = ''): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect({ host: '127.0.0.1', port })
    const body = Buffer.alloc(64 * 1024, 'x')
    const send = (): void => {
      while (socket.writable && socket.write(body));
    }
    socket.on('connect', () => {
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${headers}Content-Length: 100000000\r\n\r\n`)
      send()
    })
    socket.on('drain', send)
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
      if (/\r\n\r\n.+/.test(received)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(received.slice(9, 12) || 'nothing'))
  })
}

async function counted(port: number, headers = ''): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (let round = 0; round < 40; round += 1) {
    const status = await upload(port, headers)
    counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}

it.each([
  ['a client that goes on', ''],
  ['a client that will close', 'Connection: close\r\n'],
])('passes on an early answer whose member closes behind it, to %s', async (_, headers) => {
  const member = await startRawMember((socket) =>
    socket.once('data', () =>
      socket.end('HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 9\r\n\r\ntoo large', () =>
        socket.destroy(),
      ),
    ),
  )
  const { port } = await startProxy([member])
  expect(await counted(port, headers)).toEqual({ 413: 40 })
})

it('passes on an early answer of a node:http member', async () => {
  const worker = await startWorker((_, response) => {
    response.writeHead(413, { connection: 'close' }).end('too large')
  })
  const { port } = await startProxy([worker.member])
  expect(await counted(port)).toEqual({ 413: 40 })
})

it('still answers 502 when the member closes in the middle of an upload and says nothing', async () => {
  const member = await startRawMember((socket) => socket.once('data', () => socket.destroy()))
  const { port } = await startProxy([member])
  expect(await counted(port)).toEqual({ 502: 40 })
})

it('frees the member as soon as it has answered, though the client sends on', async () => {
  const worker = await startWorker(
    (_, response) => void response.writeHead(413, { connection: 'close' }).end('no'),
  )
  const { port, read } = await startProxy([worker.member])
  const client = await connectRaw(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbegin')
  await client.until(/413[^]*no/)
  expect(await read('http.instance_in_flight', worker.member.id)).toBe(0)
  client.socket.write('x'.repeat(995))
  client.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx')
  await client.until(/413[^]*413[^]*no/)
})
