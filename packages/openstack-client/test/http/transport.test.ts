import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest, type Server } from 'node:http'
import {
  connect as openSocket,
  createServer as createTcpServer,
  type AddressInfo,
  type Socket,
} from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectOptions } from '../../src/config/connect-options.js'
import { boundedText } from '../../src/http/bounded-body.js'
import { errorCodeOf } from '../../src/http/connection-fault.js'
import { proxyFor } from '../../src/http/proxy-choice.js'
import { openTransport } from '../../src/http/transport.js'
import { selfSigned, type TestCertificate } from '../kit/certificate.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { thrownBy } from '../kit/thrown-by.js'
import { listen, type Listening } from '../fake-cloud/listen.js'
import { auth, open } from '../fake-cloud/open.js'

const limits = '/compute/v2.1/limits'
let folder = ''
const ends: (() => Promise<void>)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openstack-client-'))
})
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  rmSync(folder, { recursive: true, force: true })
})

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

async function serve(tls?: TestCertificate & Partial<TlsOptions>) {
  const fake = new FakeCloud().replay('GET', limits, 'limits')
  const server: Listening = await listen(fake, tls)
  ends.push(() => server.close())
  const client = (options: Partial<ConnectOptions> = {}) => {
    const { cloud } = open(fake, {
      auth: { ...auth, authUrl: `${server.url}/identity/v3` },
      send: undefined,
      retries: { count: 0 },
      ...options,
    })
    ends.push(() => cloud.close())
    return cloud
  }
  return { fake, server, client }
}

describe('over a real connection', () => {
  it('the client of Node carries the calls', async () => {
    const { client } = await serve()
    expect((await client().compute.limits()).instances.limit).toBe(2000)
  })

  it('nobody there is told as that', async () => {
    const { server, client } = await serve()
    await server.close()
    const error: unknown = await client()
      .whoAmI()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'unavailable', retryable: true, maybeDone: false })
    expect(errorCodeOf((error as Error).cause)).toBe('ECONNREFUSED')
    expect(String(error)).toContain('ECONNREFUSED')
  })

  it('a connection that is cut after the request leaves open whether it was done', async () => {
    const { fake, server, client } = await serve()
    const cloud = client({ retries: { count: 3, delayMs: 1 } })
    await cloud.whoAmI()
    fake.on('POST', '/compute/v2.1/servers', () => {
      server.server.closeAllConnections()
      return { status: 202 }
    })
    await expect(cloud.compute.servers.create({ name: 'a', flavorId: '1' })).rejects.toMatchObject({
      code: 'unavailable',
      maybeDone: true,
    })
    expect(fake.seen('/compute/v2.1/servers')).toHaveLength(1)
  })

  it('a call that is given up closes its connection', async () => {
    const { fake, server, client } = await serve()
    const cloud = client()
    await cloud.compute.limits()
    const closed = new Promise<void>((resolve) => {
      server.server.once('request', (request: { socket: Socket }) =>
        request.socket.once('close', () => resolve()),
      )
    })
    fake.on('GET', limits, () => new Promise(() => {}))
    const stop = new AbortController()
    const ended = thrownBy(cloud.compute.limits({ signal: stop.signal }))
    setTimeout(() => stop.abort(new Error('enough')), 20)
    expect(await ended).toMatchObject({ message: 'enough' })
    await closed
  })
})

/** A server that does with a socket what the test says, once the head of a request has come. */
async function raw(answer: (socket: Socket) => void) {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => answer(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const transport = openTransport({ insecure: false, proxy: undefined })
  ends.push(async () => {
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
      ends.push(async () => {
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

describe('TLS', () => {
  it('is not trusted without its authority, and that is said', async () => {
    const { client } = await serve(selfSigned('cloud'))
    await expect(client().whoAmI()).rejects.toMatchObject({
      code: 'unavailable',
      retryable: false,
      message: expect.stringMatching(/TLS: look at the CA file/),
    })
  })

  it('is trusted with the CA file, and not with another', async () => {
    const certificate = selfSigned('cloud')
    const { client } = await serve(certificate)
    expect(
      (await client({ caFile: file('ca.pem', certificate.cert) }).compute.limits()).instances.limit,
    ).toBe(2000)
    const other = client({ caFile: file('other.pem', selfSigned('other').cert) })
    await expect(other.whoAmI()).rejects.toMatchObject({ code: 'unavailable', retryable: false })
  })

  it('carries an upload as it is, with its length', async () => {
    const certificate = selfSigned('cloud')
    const { fake, client } = await serve(certificate)
    const bytes = new Uint8Array(700_000).fill(65)
    fake.on('PUT', '/image/v2/images/i/file', { status: 204 })
    await client({ caFile: file('ca.pem', certificate.cert) }).image.upload('i', { bytes })
    const sent = fake.seen('/image/v2/images/i/file')[0]
    expect([sent?.text.length, sent?.headers.get('content-length')]).toEqual([700_000, '700000'])
  })

  it('is not looked at when that is asked for, and only then', async () => {
    const { client } = await serve(selfSigned('cloud'))
    expect(await client({ insecure: true }).whoAmI()).toMatchObject({ projectName: 'lab' })
    await expect(client({ insecure: false }).whoAmI()).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('with a client certificate lets in who has it', async () => {
    const certificate = selfSigned('cloud')
    const mine = selfSigned('client')
    const { client } = await serve({
      ...certificate,
      requestCert: true,
      rejectUnauthorized: true,
      ca: mine.cert,
    })
    const caFile = file('ca.pem', certificate.cert)
    const certFile = file('client.pem', mine.cert)
    expect(await client({ caFile, certFile, keyFile: file('key.pem', mine.key) }).whoAmI()).toMatchObject({
      userName: 'autoscaler',
    })
    // Both in one file, as some keep them.
    const both = file('both.pem', `${mine.cert}${mine.key}`)
    expect(await client({ caFile, certFile: both }).whoAmI()).toMatchObject({ userName: 'autoscaler' })
    await expect(client({ caFile }).whoAmI()).rejects.toMatchObject({ code: 'unavailable' })
  })
})

/** A proxy that forwards and tunnels, and remembers what for. */
async function proxy() {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method} ${incoming.url}`)
    const { method, headers, url = '' } = incoming
    const onward = httpRequest(url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  server.on('connect', (incoming, socket: Socket) => {
    seen.push(`CONNECT ${incoming.url}`)
    const [host = '', port] = (incoming.url ?? '').split(':')
    const onward = openSocket(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    sockets.add(socket).add(onward)
    for (const one of [socket, onward]) one.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

describe('a proxy of the environment', () => {
  it('forwards what goes by HTTP', async () => {
    const { client, server } = await serve()
    const { url, seen } = await proxy()
    await client({ environment: { HTTP_PROXY: url } }).compute.limits()
    expect(seen).toEqual([
      `POST ${server.url}/identity/v3/auth/tokens`,
      `GET ${server.url}/compute/v2.1/`,
      `GET ${server.url}${limits}`,
    ])
  })

  it('tunnels what goes by HTTPS, whose certificate is checked all the same', async () => {
    const certificate = selfSigned('cloud')
    const { client, server } = await serve(certificate)
    const { url, seen } = await proxy()
    const environment = { https_proxy: url }
    await client({ environment, caFile: file('ca.pem', certificate.cert) }).whoAmI()
    expect(seen).toEqual([`CONNECT ${new URL(server.url).host}`])
    await expect(client({ environment }).whoAmI()).rejects.toMatchObject({
      code: 'unavailable',
      retryable: false,
    })
  })

  it('is passed by for hosts of NO_PROXY, for the other protocol, and when it is not wanted', async () => {
    const { client } = await serve()
    const { url, seen } = await proxy()
    await client({ environment: { HTTP_PROXY: url, NO_PROXY: 'example.com,127.0.0.1' } }).whoAmI()
    await client({ environment: { HTTPS_PROXY: url } }).whoAmI()
    await client({ environment: { HTTP_PROXY: url }, useProxy: false }).whoAmI()
    expect(seen).toEqual([])
  })

  it('whose address has a password does not show it when it cannot be reached', async () => {
    const { client } = await serve()
    const environment = { HTTP_PROXY: 'http://user:hunter22@127.0.0.1:9' }
    const error: unknown = await client({ environment })
      .whoAmI()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'unavailable' })
    expect(String(error)).not.toContain('hunter22')
  })

  it.each([
    ['http://[::1]:5000/v3', '::1', false],
    ['http://[::1]:5000/v3', '[::1]', false],
    ['http://[::1]:5000/v3', '[::1]:5000', false],
    ['http://[::1]:5000/v3', '[::1]:5001', true],
    ['http://k.example:5000', 'example', false],
    ['http://k.example:5000', '.example', false],
    ['http://k.example:5000', '*.example', false],
    ['http://k.example:5000', 'k.example:5000', false],
    ['http://k.example:5000', 'k.example:80', true],
    ['http://mark.example', 'k.example', true],
    ['http://10.0.0.1', '10.0.0.1, localhost', false],
    ['http://110.0.0.1', '10.0.0.1', true],
    ['http://k.example', '*', false],
    ['http://k.example', undefined, true],
  ])('is asked for %s with NO_PROXY=%s: %s', (url, except, isUsed) => {
    const found = proxyFor(url, { http: 'http://proxy', https: undefined, except })
    expect(found).toBe(isUsed ? 'http://proxy' : undefined)
  })
})
