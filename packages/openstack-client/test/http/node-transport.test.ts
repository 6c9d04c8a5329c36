import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { boundedText } from '../../src/http/bounded-body.js'
import { errorCodeOf } from '../../src/http/connection-fault.js'
import { openTransport } from '../../src/http/transport.js'
import { thrownBy } from '../kit/thrown-by.js'
import { realServers } from '../kit/real-servers.js'

const { atEnd } = realServers()

/** A server that does with a socket what the test says, once the head of a request has come. */
async function raw(answer: (socket: Socket) => void) {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => answer(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const transport = openTransport({ insecure: false, proxy: undefined })
  atEnd(async () => {
    await transport.close()
    await new Promise((resolve) => server.close(resolve))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const { signal } = new AbortController()
  return (body?: string | ReadableStream<Uint8Array>) =>
    transport.send(url, { method: 'POST', headers: {}, body, signal })
}

describe('an answer', () => {
  it('that is cut off is none', async () => {
    const send = await raw((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"a"'))
    expect(errorCodeOf(await thrownBy(send('{}')))).toBe('ECONNRESET')
  })

  it('is read whole, whatever its pieces, and a header that comes twice is both', async () => {
    const bytes = Buffer.from('{"name":"größe"}')
    const send = await raw((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nx-a: 1\r\nx-a: 2\r\ncontent-length: ${bytes.length}\r\n\r\n`)
      socket.write(bytes.subarray(0, 11))
      setTimeout(() => socket.write(bytes.subarray(11)), 20)
    })
    const answer = await send('{}')
    expect([answer.status, answer.headers.get('X-A'), await answer.text()]).toEqual([
      200,
      '1, 2',
      '{"name":"größe"}',
    ])
  })

  it.each([
    ['in one piece with it', true],
    ['a moment later', false],
  ])(
    'that has no body, and a chunk %s all the same, is the last of its connection',
    async (_, isOnePiece) => {
      // As uWSGI's HTTP router says a 204.
      const connections: string[][] = []
      const server = createTcpServer((socket) => {
        const asked: string[] = []
        connections.push(asked)
        socket.on('error', () => {})
        socket.on('data', (data) => {
          asked.push(String(data).slice(0, 4))
          const head = 'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n'
          socket.write(isOnePiece ? `${head}0\r\n\r\n` : head)
          if (!isOnePiece) setTimeout(() => socket.write('0\r\n\r\n'), 5)
        })
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const transport = openTransport({ insecure: false, proxy: undefined })
      atEnd(async () => {
        await transport.close()
        await new Promise((resolve) => server.close(resolve))
      })
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
      const { signal } = new AbortController()
      for (const method of ['PUT', 'POST', 'POST']) {
        const { status } = await transport.send(url, { method, headers: {}, body: '{}', signal })
        expect(status).toBe(204)
      }
      expect(connections).toHaveLength(3)
    },
  )

  it('that has no end is given up', async () => {
    const piece = Buffer.alloc(1024 ** 2, 'x')
    const send = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      const more = (): void =>
        void (socket.destroyed || (socket.write(piece) ? setImmediate(more) : socket.once('drain', more)))
      more()
    })
    expect(await thrownBy(send('{}'))).toMatchObject({ message: 'the answer is longer than 64 MiB' })
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(piece) })
    const answer = { status: 200, headers: { get: () => null }, text: async () => '', body }
    await expect(boundedText(answer)).rejects.toThrow('the answer is longer than 64 MiB')
  })

  it('that comes before all of an upload was sent ends the upload', async () => {
    const send = await raw((socket) => socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n'))
    let wasCancelled = false
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
      cancel: () => void (wasCancelled = true),
    })
    expect((await send(body)).status).toBe(413)
    await expect.poll(() => wasCancelled).toBe(true)
  })

  it('does not come when the source of an upload fails', async () => {
    const send = await raw(() => {})
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('disk')) })
    expect(await thrownBy(send(body))).toMatchObject({ message: 'disk' })
  })
})
