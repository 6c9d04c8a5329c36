import { maxHeaderSize } from 'node:http'
import { expect, it } from 'vitest'
import { connectRaw, send } from '../../support/client.js'
import { noLogger, startProxy } from '../../support/proxy.js'
import { startRawMember, startWorker, type Worker } from '../../support/worker.js'

const startPlain = async (): Promise<Worker> => startWorker((_, response) => response.end('ok'))

async function statusOf(port: number, bytes: string): Promise<string> {
  const client = await connectRaw(port, bytes)
  await client.until(/^HTTP\/1\.1 \d+ [^]*\r\n\r\n/)
  return client.received().slice(9, 12)
}

const close = 'Connection: close\r\n'

it.each([
  ['two hosts that differ', `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`, '400'],
  ['two hosts that do not', `GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n`, '400'],
  ['a host with a space and an at', `GET / HTTP/1.1\r\nHost: a b/c@d\r\n\r\n`, '400'],
  ['a host with a path', `GET / HTTP/1.1\r\nHost: a/b\r\n\r\n`, '400'],
  ['a port that is none', `GET / HTTP/1.1\r\nHost: a:b\r\n\r\n`, '400'],
  ['no host', `GET / HTTP/1.1\r\n\r\n`, '400'],
  [
    'a length and chunks',
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    '400',
  ],
  [
    'two lengths that differ',
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    '400',
  ],
  [
    'two lengths that do not',
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na`,
    '400',
  ],
  ['a list of lengths', `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na`, '400'],
  ['a signed length', `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na`, '400'],
  [
    'chunks that are not last',
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
    '400',
  ],
  [
    'another coding before chunks',
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    '501',
  ],
  [
    'chunks twice',
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    '400',
  ],
  [
    'chunks that are none',
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    '501',
  ],
  [
    'chunks with HTTP/1.0',
    `POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    '400',
  ],
  ['a space before the colon', `GET / HTTP/1.1\r\nHost: a\r\nX-A : 1\r\n\r\n`, '400'],
  ['a folded line', `GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n 2\r\n\r\n`, '400'],
  ['a bare line feed', `GET / HTTP/1.1\nHost: a\n\n`, '400'],
  ['a zero byte', `GET / HTTP/1.1\r\nHost: a\r\nX-A: \0\r\n\r\n`, '400'],
  ['another version', `GET / HTTP/3.0\r\nHost: a\r\n\r\n`, '400'],
  ['an ancient version', `GET / HTTP/0.9\r\nHost: a\r\n\r\n`, '505'],
  ['CONNECT', `CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n`, '400'],
  ['a target that is no path', `GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n`, '400'],
  ['a host with a user in the target', `GET http://b@a/ HTTP/1.1\r\nHost: a\r\n\r\n`, '400'],
  [
    'a head that is too long',
    `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'x'.repeat(maxHeaderSize)}\r\n\r\n`,
    '431',
  ],
])('no member sees a request with %s: it is answered by the proxy', async (_, bytes, status) => {
  const worker = await startPlain()
  const { port } = await startProxy([worker.member])
  expect(await statusOf(port, bytes)).toBe(status)
  expect(worker.requests).toEqual([])
  expect((await send(port)).body).toBe('ok')
})

it.each([
  'a',
  'a.example:8080',
  '[::1]',
  '[::1]:80',
  '127.0.0.1:8080',
  'under_score',
  'xn--bcher-kva.example',
])('passes on the host "%s"', async (host) => {
  const worker = await startPlain()
  const { port } = await startProxy([worker.member])
  expect(await statusOf(port, `GET / HTTP/1.1\r\nHost: ${host}\r\n${close}\r\n`)).toBe('200')
  expect(worker.requests[0]?.headers.host).toBe(host)
})

it('leaves nothing out of a head with very many headers, least of all what frames the body', async () => {
  let body = ''
  const worker = await startWorker((request, response) => {
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.once('end', () => response.end(String(request.headers['content-length'])))
  })
  worker.server.maxHeadersCount = 0
  const { port } = await startProxy([worker.member])
  const many = Array.from({ length: 1100 }, (_, index) => `x-${index.toString(36)}:1\r\n`).join('')
  const client = await connectRaw(
    port,
    `GET / HTTP/1.1\r\nHost: a\r\n${many}Content-Length: 4\r\n${close}\r\nbody`,
  )
  await client.closed
  expect(client.received()).toMatch(/^HTTP\/1\.1 200 [^]*4$/)
  expect(body).toBe('body')
  expect(worker.requests).toHaveLength(1)
})

it('does not let a Connection header take away what frames or addresses the message, or who the client is', async () => {
  const worker = await startPlain()
  const { port } = await startProxy([worker.member], { forwarded: 'replace' })
  const head =
    'Connection: close, Content-Length, Host, X-Forwarded-For, X-Forwarded-Proto\r\nContent-Length: 0\r\n'
  expect(await statusOf(port, `POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n`)).toBe('200')
  expect(worker.requests[0]?.headers).toMatchObject({
    host: 'a',
    'content-length': '0',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
  })
})

it('replaces all that a request says of its client, under every spelling', async () => {
  const worker = await startPlain()
  const { port } = await startProxy([worker.member], { forwarded: 'replace' })
  const claims = [
    'Forwarded: for=6.6.6.6',
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-Host: evil',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 443',
    'X-Forwarded-Server: evil',
    'X-Forwarded: 6.6.6.6',
    'X-Real-IP: 6.6.6.6',
    'X_Real_IP: 6.6.6.6',
    'X_Forwarded_For: 6.6.6.6',
    'X-Client-IP: 6.6.6.6',
    'True-Client-IP: 6.6.6.6',
    'CF-Connecting-IP: 6.6.6.6',
  ].join('\r\n')
  expect(await statusOf(port, `GET / HTTP/1.1\r\nHost: a\r\n${claims}\r\n${close}\r\n`)).toBe('200')
  const { headers } = worker.requests[0] ?? { headers: {} }
  expect(JSON.stringify(headers)).not.toMatch(/6\.6\.6\.6|evil|443|https/)
  expect(headers).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': 'a',
    'x-forwarded-proto': 'http',
  })
})

it.each(['append', 'replace'] as const)(
  'lets no trailer say what only a header may: %s',
  async (forwarded) => {
    let trailers: NodeJS.Dict<string> = {}
    const worker = await startWorker((request, response) => {
      request.resume().once('end', () => {
        trailers = request.trailers
        response.end('ok')
      })
    })
    const { port } = await startProxy([worker.member], { forwarded })
    const sent = [
      'X-Forwarded-For: 6.6.6.6',
      'X-Real-IP: 6.6.6.6',
      'Host: evil',
      'Authorization: x',
      'X-Sum: 1',
    ]
    const client = await connectRaw(
      port,
      `POST / HTTP/1.1\r\nHost: a\r\n${close}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n${sent.join('\r\n')}\r\n\r\n`,
    )
    await client.closed
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 /)
    expect(trailers).toEqual({ 'x-sum': '1' })
  },
)

it('does not take a request for a WebSocket that asks for one by half', async () => {
  const worker = await startPlain()
  let upgrades = 0
  worker.server.on('upgrade', () => (upgrades += 1))
  const { port } = await startProxy([worker.member])
  expect(await statusOf(port, `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n${close}\r\n`)).toBe('200')
  expect(worker.requests[0]?.headers).not.toHaveProperty('upgrade')
  expect(upgrades).toBe(0)
})

it.each([204, 304])('passes a %i on without a length', async (status) => {
  const member = await startRawMember((socket) =>
    socket.on('data', () => socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\nETag: "x"\r\n\r\n`)),
  )
  const { port } = await startProxy([member])
  for (let round = 0; round < 2; round += 1) {
    const answer = await send(port)
    expect(answer.status).toBe(status)
    expect(answer.headers).not.toHaveProperty('content-length')
    expect(answer.headers).not.toHaveProperty('transfer-encoding')
    expect(answer.headers.etag).toBe('"x"')
  }
})

it('passes on the answer that follows interim ones', async () => {
  const member = await startRawMember((socket) =>
    socket.on('data', () =>
      socket.write(
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ),
    ),
  )
  const { port } = await startProxy([member])
  expect(await send(port)).toMatchObject({ status: 200, body: 'ok' })
})

it('says that a member’s head is too long, to the client and in the log, once', async () => {
  const member = await startRawMember((socket) =>
    socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\nX-A: ${'x'.repeat(40_000)}\r\n\r\n`)),
  )
  const warnings: string[] = []
  const logger = { ...noLogger, warn: (_: object, message: string) => void warnings.push(message) }
  const { port } = await startProxy([member], { logger })
  for (let round = 0; round < 3; round += 1) {
    expect(await send(port)).toMatchObject({
      status: 502,
      body: `the head of the member's answer is longer than ${maxHeaderSize} bytes\n`,
    })
  }
  expect(warnings).toEqual([
    `member ${member.id}: the head of the member's answer is longer than ${maxHeaderSize} bytes: 502`,
  ])
})
