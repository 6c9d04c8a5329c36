import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { describe, expect, it } from 'vitest'
import { boundedRequest, BrokenAnswer, type BoundedRequest } from '../../src/http/bounded-request.js'
import { networkReason } from '../../src/http/network-reason.js'
import { freePort, listenUntilTestEnds, serveHttp, serveTcp } from './loopback.js'

const ask = (url: string, changes: Partial<BoundedRequest> = {}): ReturnType<typeof boundedRequest> =>
  boundedRequest({
    url: new URL(url),
    method: 'GET',
    headers: {},
    maxBytes: 1000,
    signal: new AbortController().signal,
    ...changes,
  })

describe('boundedRequest', () => {
  it('reads a body that ends with the connection, without a length', async () => {
    const { url } = await serveTcp((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nhello'))
    })
    expect(await ask(url)).toMatchObject({ status: 200, body: 'hello' })
  })

  it('sends a body', async () => {
    const { url } = await serveHttp((incoming, response) => void incoming.pipe(response))
    expect(await ask(url, { method: 'POST', body: 'grüße' })).toMatchObject({ body: 'grüße' })
  })

  it('follows no redirect', async () => {
    let calls = 0
    const { url } = await serveHttp((_, response) => {
      calls += 1
      response.writeHead(302, { location: '/other' }).end()
    })
    expect(await ask(url)).toMatchObject({ status: 302 })
    expect(calls).toBe(1)
  })

  it('waits past informational answers', async () => {
    const { url } = await serveHttp((_, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' })
      response.end('done')
    })
    expect(await ask(url)).toMatchObject({ status: 200, body: 'done' })
  })

  it('refuses a body over the bound, or cuts it off when told', async () => {
    const { url, allClosed } = await serveHttp((_, response) => response.end('x'.repeat(1001)))
    await expect(ask(url)).rejects.toMatchObject({
      isTooLong: true,
      message: 'answered more than 1000 bytes',
    })
    expect(await ask(url, { cutLongBody: true })).toMatchObject({ status: 200 })
    expect((await ask(url, { maxBytes: 1001 })).body).toHaveLength(1001)
    await allClosed()
  })

  it.each([
    ['closes at once', ''],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['ends within the headers', 'HTTP/1.1 200 OK\r\nA: '],
  ])('fails when the server %s', async (_, said) => {
    const { url } = await serveTcp((socket) => socket.once('data', () => socket.end(said)))
    await expect(ask(url)).rejects.toThrow(Error)
  })

  it('fails when the body ends before its length', async () => {
    const { url } = await serveTcp((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'))
    })
    await expect(ask(url)).rejects.toThrow(BrokenAnswer)
  })

  it('sends nothing when aborted beforehand', async () => {
    let calls = 0
    const { url } = await serveHttp((_, response) => {
      calls += 1
      response.end()
    })
    const reason = new Error('enough')
    await expect(ask(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(calls).toBe(0)
  })

  it('leaves no listener on the signal', async () => {
    const { url } = await serveHttp((_, response) => response.end())
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...args)
    }
    await ask(url, { signal })
    await ask(`http://127.0.0.1:${await freePort()}`, { signal }).catch(() => {})
    expect(listeners).toBe(0)
  })

  it('trusts a certificate only as told', async () => {
    const [key, cert] = await Promise.all(
      ['key', 'cert'].map((part) =>
        readFile(new URL(`../fixtures/loopback-${part}.pem`, import.meta.url), 'utf8'),
      ),
    )
    const server = createServer({ key, cert }, (_, response) => response.end('safe'))
    const { address } = await listenUntilTestEnds(server, '127.0.0.1')
    const url = `https://127.0.0.1:${address.port}/`
    await expect(ask(url)).rejects.toThrow('self-signed certificate')
    expect(await ask(url, { ca: cert })).toMatchObject({ body: 'safe' })
    expect(await ask(url, { allowUntrusted: true })).toMatchObject({ body: 'safe' })
  })
})

describe('networkReason', () => {
  it('names every address that failed', () => {
    const error = new AggregateError([
      new Error('connect ECONNREFUSED ::1:80'),
      new Error('connect ECONNREFUSED 127.0.0.1:80'),
    ])
    expect(networkReason(error)).toBe('connect ECONNREFUSED ::1:80, connect ECONNREFUSED 127.0.0.1:80')
  })

  it('falls back to the code, then to plain words', () => {
    expect(networkReason(Object.assign(new Error(''), { code: 'EPIPE' }))).toBe('EPIPE')
    expect(networkReason(new Error(''))).toBe('connection failed')
    expect(networkReason('text')).toBe('text')
  })
})
