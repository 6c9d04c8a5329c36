import { Agent } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { connectRaw, send } from '../support/client.js'
import { startProxy } from '../support/proxy.js'
import { readText, startWorker } from '../support/worker.js'

it('passes on method, path, query, headers and body, and the answer to it', async () => {
  const worker = await startWorker(async (request, response) => {
    response.writeHead(201, 'Made', { 'x-answer': 'yes', 'set-cookie': ['a=1', 'b=2'] })
    response.end(
      `${request.method} ${request.url} ${String(request.headers['x-asked'])} ${await readText(request)}`,
    )
  })
  const { port } = await startProxy([worker.member])
  const answer = await send(port, {
    method: 'PUT',
    path: '/a//b?c=%20&d',
    headers: { 'x-asked': 'this' },
    body: 'body',
  })
  expect(answer).toMatchObject({ status: 201, body: 'PUT /a//b?c=%20&d this body' })
  expect(answer.headers).toMatchObject({ 'x-answer': 'yes', 'set-cookie': ['a=1', 'b=2'] })
})

it('tells the member who the client is, behind the proxies before it', async () => {
  const worker = await startWorker((request, response) => response.end(JSON.stringify(request.headers)))
  const { port } = await startProxy([worker.member])
  const plain = JSON.parse((await send(port, { headers: { host: 'shop.example' } })).body)
  expect(plain).toMatchObject({
    host: 'shop.example',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'shop.example',
  })
  const forwarded = {
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'front.example',
  }
  const behind = JSON.parse((await send(port, { headers: forwarded })).body)
  expect(behind).toMatchObject({ ...forwarded, 'x-forwarded-for': '203.0.113.7, 127.0.0.1' })
})

it('believes no forwarded header when told to replace them', async () => {
  const worker = await startWorker((request, response) => response.end(JSON.stringify(request.headers)))
  const { port } = await startProxy([worker.member], { forwarded: 'replace' })
  const headers = {
    host: 'shop.example',
    forwarded: 'for=1.2.3.4',
    'x-forwarded-for': '1.2.3.4',
    'x-forwarded-proto': 'https',
  }
  const seen = JSON.parse((await send(port, { headers })).body)
  expect(seen).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' })
  expect(seen).not.toHaveProperty('forwarded')
})

it('keeps what concerns one connection on that connection', async () => {
  const worker = await startWorker((request, response) => {
    response.writeHead(200, { connection: 'keep-alive, x-inner', 'x-inner': '1', 'keep-alive': 'timeout=3' })
    response.end(JSON.stringify(request.headers))
  })
  const { port } = await startProxy([worker.member])
  const answer = await send(port, {
    headers: {
      connection: 'close, x-hop, content-length, host',
      'x-hop': '1',
      te: 'trailers',
      'proxy-authorization': 'Basic eA==',
      'keep-alive': 'timeout=9',
    },
    method: 'POST',
    body: 'four',
  })
  const seen = JSON.parse(answer.body)
  for (const name of ['x-hop', 'te', 'proxy-authorization', 'keep-alive'])
    expect(seen).not.toHaveProperty(name)
  expect(seen).toMatchObject({ connection: 'keep-alive', 'content-length': '4' })
  expect(seen.host).toContain('127.0.0.1')
  expect(answer.headers).not.toHaveProperty('x-inner')
  expect(answer.headers.connection).toBe('close')
})

it.each([
  ['HEAD', 200, { 'content-length': '12' }],
  ['GET', 204, {}],
  ['GET', 304, { etag: '"x"' }],
])('answers %s with %i and no body, and the connection lives on', async (method, status, headers) => {
  const worker = await startWorker((_, response) => response.writeHead(status, headers).end())
  const { port } = await startProxy([worker.member])
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  for (let round = 0; round < 2; round += 1) {
    const answer = await send(port, { method, agent })
    expect(answer).toMatchObject({ status, body: '' })
    expect(answer.headers).toMatchObject(headers)
  }
  expect(worker.requests).toHaveLength(2)
})

it('keeps the framing of an answer, whether its length is known or not', async () => {
  const worker = await startWorker((request, response) => {
    if (request.url === '/known') response.setHeader('content-length', '6')
    response.write('abc')
    response.end('def')
  })
  const { port } = await startProxy([worker.member])
  const known = await send(port, { path: '/known' })
  expect(known).toMatchObject({ body: 'abcdef', headers: { 'content-length': '6' } })
  const unknown = await send(port)
  expect(unknown).toMatchObject({ body: 'abcdef', headers: { 'transfer-encoding': 'chunked' } })
})

it('passes on trailers in both directions', async () => {
  const worker = await startWorker(async (request, response) => {
    await readText(request)
    response.writeHead(200, { trailer: 'x-sum' })
    response.write('body')
    response.addTrailers({ 'x-sum': `got ${request.trailers['x-check']}` })
    response.end()
  })
  const { port } = await startProxy([worker.member])
  const client = await connectRaw(
    port,
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: x-check\r\nConnection: close\r\n\r\n' +
      '4\r\nbody\r\n0\r\nx-check: 42\r\n\r\n',
  )
  await client.closed
  expect(client.received()).toMatch(/trailer: x-sum/i)
  expect(client.received()).toMatch(/0\r\nx-sum: got 42\r\n\r\n$/)
})

it('serves HTTP/1.0 clients, with and without keep-alive', async () => {
  const worker = await startWorker((request, response) => {
    if (request.url === '/known') response.setHeader('content-length', '2')
    response.end('ok')
  })
  const { port } = await startProxy([worker.member])
  const unknown = await connectRaw(port, 'GET / HTTP/1.0\r\n\r\n')
  await unknown.closed
  expect(unknown.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(unknown.received()).not.toMatch(/chunked/i)
  expect(unknown.received()).toMatch(/\r\n\r\nok$/)

  const kept = await connectRaw(port, 'GET /known HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  await kept.until(/connection: keep-alive[^]*ok$/i)
  kept.socket.write('GET /known HTTP/1.0\r\n\r\n')
  await kept.closed
  expect(kept.received()).toMatch(/connection: close[^]*ok$/i)
})

it('closes the connection of a client that asks for it, and keeps the others', async () => {
  const worker = await startWorker((_, response) => response.end('ok'))
  const { port } = await startProxy([worker.member])
  const kept = await connectRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await kept.until(/keep-alive: timeout=75[^]*ok/i)
  kept.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await kept.closed
  expect(kept.received()).toMatch(/connection: close[^]*ok/i)
})

it('answers pipelined requests in their order', async () => {
  const worker = await startWorker((request, response) => {
    setTimeout(() => response.end(`<${request.url}>`), request.url === '/1' ? 30 : 0)
  })
  const { port } = await startProxy([worker.member])
  const client = await connectRaw(
    port,
    [1, 2, 3].map((n) => `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''),
  )
  await client.until(/<\/3>/)
  expect(client.received()).toMatch(/<\/1>[^]*<\/2>[^]*<\/3>/)
})

it('understands the target form that is meant for forward proxies', async () => {
  const worker = await startWorker((request, response) =>
    response.end(`${request.headers.host} ${request.url}`),
  )
  const { port } = await startProxy([worker.member])
  expect((await send(port, { path: 'http://a.example:81/x?y' })).body).toBe('a.example:81 /x?y')
  expect((await send(port, { path: 'http://a.example?y' })).body).toBe('a.example /?y')
})

it.each(['*', 'http://user@a.example/', 'ftp://a.example/x'])('refuses the target %s', async (path) => {
  const worker = await startWorker((_, response) => response.end())
  const { port } = await startProxy([worker.member])
  expect(await send(port, { method: 'OPTIONS', path })).toMatchObject({ status: 400 })
  expect(worker.requests).toHaveLength(0)
})

it('answers 400 to what is not HTTP, and lives on', async () => {
  const worker = await startWorker((_, response) => response.end('ok'))
  const { port } = await startProxy([worker.member])
  for (const bytes of [
    'nonsense\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n',
  ]) {
    const client = await connectRaw(port, bytes)
    await client.closed
    expect(client.received()).toMatch(/^HTTP\/1\.1 400 /)
  }
  expect(worker.requests).toHaveLength(0)
  expect((await send(port)).body).toBe('ok')
})

it('ignores a wish for another protocol than WebSocket, also on a request with a body', async () => {
  const worker = await startWorker(async (request, response) => {
    response.end(
      `${request.headers.upgrade} ${String(request.headers['http2-settings'])} ${await readText(request)}`,
    )
  })
  const { port } = await startProxy([worker.member])
  const head =
    'Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'
  const client = await connectRaw(port, `POST / HTTP/1.1\r\n${head}Content-Length: 8\r\n\r\nfirst`)
  await new Promise((resolve) => setTimeout(resolve, 10))
  client.socket.write('two')
  await client.until(/undefined undefined firsttwo/)
  // The connection is as good as any other afterwards.
  client.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nagain')
  await client.until(/undefined undefined again/)
  expect(worker.requests).toHaveLength(2)
})
