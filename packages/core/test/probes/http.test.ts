import { readFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import { describe, expect, it } from 'vitest'
import { httpProbe, type HttpProbeOptions } from '../../src/probes/http.js'
import type { ProbeResult } from '../../src/probes/probe.js'
import { freePort, listenUntilTestEnds, serveHttp, serveTcp } from '../http/loopback.js'
import { call, target } from './targets.js'

const answering =
  (status: number): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end()

async function probed(listener: RequestListener, options: HttpProbeOptions = {}): Promise<ProbeResult> {
  const { address, allClosed } = await serveHttp(listener)
  const result = await httpProbe('/health', options).check(target(address), call())
  await allClosed()
  return result
}

describe('httpProbe', () => {
  it.each([200, 204, 301, 399])('finds an instance that answers %i healthy', async (status) => {
    expect(await probed(answering(status))).toEqual({ healthy: true })
  })

  it.each([400, 404, 500, 503])('finds an instance that answers %i unhealthy', async (status) => {
    expect(await probed(answering(status))).toEqual({ healthy: false, reason: `answered ${status}` })
  })

  it.each<[string, HttpProbeOptions['expectStatus'], number, boolean]>([
    ['the one status', 204, 204, true],
    ['not another', 204, 200, false],
    ['the first of a range', [200, 299], 200, true],
    ['the last of a range', [200, 299], 299, true],
    ['not past a range', [200, 299], 300, false],
    ['what a function says', (status) => status === 418, 418, true],
    ['not what it denies', (status) => status === 418, 200, false],
  ])('expects %s', async (_, expectStatus, status, healthy) => {
    expect((await probed(answering(status), { expectStatus })).healthy).toBe(healthy)
  })

  it('takes a rule that fails for unhealthy, and says why', async () => {
    const failing = {
      expectStatus: (): boolean => {
        throw new Error('boom')
      },
    }
    expect(await probed(answering(200), failing)).toEqual({
      healthy: false,
      reason: 'answered 200; expectStatus failed: boom',
    })
    expect(await probed(answering(200), { expectStatus: (() => 'yes') as never })).toMatchObject({
      healthy: false,
    })
  })

  it('asks for the path with the method and headers given', async () => {
    const seen: unknown[] = []
    const { address } = await serveHttp((incoming, response) => {
      const { method, url, headers } = incoming
      seen.push({ method, url, host: headers.host, connection: headers.connection })
      response.end()
    })
    const probe = httpProbe('/ready?deep=1', { method: 'HEAD', headers: { Host: 'app.local' } })
    expect(await probe.check(target(address), call())).toEqual({ healthy: true })
    expect(seen).toEqual([{ method: 'HEAD', url: '/ready?deep=1', host: 'app.local', connection: 'close' }])
  })

  it('asks another port when told', async () => {
    const { address } = await serveHttp(answering(200))
    const other = { host: address.host, port: await freePort() }
    expect(await httpProbe('/', { port: address.port }).check(target(other), call())).toEqual({
      healthy: true,
    })
  })

  it('says that nobody listens', async () => {
    const address = { host: '127.0.0.1', port: await freePort() }
    expect(await httpProbe('/').check(target(address), call())).toEqual({
      healthy: false,
      reason: `connect ECONNREFUSED 127.0.0.1:${address.port}`,
    })
  })

  it('refuses a host that would change the address', async () => {
    const result = await httpProbe('/').check(target({ host: 'evil@host/..', port: 80 }), call())
    expect(result).toEqual({ healthy: false, reason: 'invalid host "evil@host/.."' })
  })

  it.each<[string, RequestListener, string]>([
    ['never answers', () => {}, 'no answer within 50 ms'],
    ['never ends its answer', (_, response) => void response.write('a'), 'no answer within 50 ms'],
    [
      'drips its answer',
      (_, response) => {
        const drip = setInterval(() => response.write('x'), 5)
        response.on('close', () => clearInterval(drip))
      },
      'no answer within 50 ms',
    ],
  ])('finds an instance that %s unhealthy in time, and leaves no connection', async (_, listener, reason) => {
    expect(await probed(listener, { timeoutMs: 50 })).toEqual({ healthy: false, reason })
  })

  it('finds an instance that drips its headers unhealthy in time', async () => {
    const { address, allClosed } = await serveTcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => socket.write('X: y\r\n'), 5)
      socket.on('close', () => clearInterval(drip))
    })
    const result = await httpProbe('/', { timeoutMs: 50 }).check(target(address), call())
    expect(result).toEqual({ healthy: false, reason: 'no answer within 50 ms' })
    await allClosed()
  })

  it('reads no more than the beginning of an endless answer', async () => {
    const result = await probed((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    })
    expect(result).toEqual({ healthy: true })
  })

  it('finds an instance that breaks off unhealthy', async () => {
    const result = await probed((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => response.destroy())
    })
    expect(result).toMatchObject({
      healthy: false,
      reason: expect.stringContaining('answered 200, then broke off'),
    })
  })

  it.each(['', 'SSH-2.0-OpenSSH_9.2\r\n'])('finds an instance that says only %j unhealthy', async (text) => {
    const { address } = await serveTcp((socket) => socket.once('data', () => socket.end(text)))
    expect(await httpProbe('/').check(target(address), call())).toMatchObject({ healthy: false })
  })

  it('asks an IPv6 address', async () => {
    const { address } = await serveHttp(answering(200), '::1')
    expect(await httpProbe('/').check(target(address), call())).toEqual({ healthy: true })
  })

  it('checks certificates unless told not to', async () => {
    const [key, cert] = await Promise.all(
      ['key', 'cert'].map((part) =>
        readFile(new URL(`../fixtures/loopback-${part}.pem`, import.meta.url), 'utf8'),
      ),
    )
    const { address } = await listenUntilTestEnds(createServer({ key, cert }, answering(200)), '127.0.0.1')
    const check = (options: HttpProbeOptions): Promise<ProbeResult> =>
      httpProbe('/', { scheme: 'https', ...options }).check(target(address), call())
    expect(await check({})).toEqual({
      healthy: false,
      reason: expect.stringContaining('self-signed certificate'),
    })
    expect(await check({ ca: cert })).toEqual({ healthy: true })
    expect(await check({ allowUntrusted: true })).toEqual({ healthy: true })
  })

  it('rejects with the reason of the signal, and leaves no connection', async () => {
    const abort = new AbortController()
    const reason = new Error('enough')
    const { address, allClosed } = await serveHttp(() => abort.abort(reason))
    await expect(httpProbe('/').check(target(address), call(abort.signal))).rejects.toBe(reason)
    await allClosed()
    await expect(httpProbe('/').check(target(address), call(abort.signal))).rejects.toBe(reason)
  })

  it.each(['', 'health', '/a b', '/a\r\nX: y', '/a\n', '/é', '/a#b', undefined, 7])(
    'refuses the path %j',
    (path) => {
      expect(() => httpProbe(path as string)).toThrow(
        expect.objectContaining({ code: 'invalid-options', field: 'path' }),
      )
    },
  )

  it.each<[object, string]>([
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs'],
    [{ timeoutMs: 2 ** 31 }, 'timeoutMs'],
    [{ method: 'GET /x' }, 'method'],
    [{ expectStatus: 99 }, 'expectStatus'],
    [{ expectStatus: [299, 200] }, 'expectStatus'],
    [{ expectStatus: [200] }, 'expectStatus'],
    [{ expectStatus: '200' }, 'expectStatus'],
    [{ headers: { a: 'b\r\nc: d' } }, 'headers.a'],
    [{ scheme: 'ftp' }, 'scheme'],
    [{ port: 0 }, 'port'],
    [{ timeout: 5 }, 'timeout'],
  ])('refuses %o', (options, field) => {
    expect(() => httpProbe('/', options)).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})
