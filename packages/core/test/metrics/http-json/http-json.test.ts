import { describe, expect, it } from 'vitest'
import {
  httpJson,
  type HttpJsonOfGroup,
  type HttpJsonOfInstances,
} from '../../../src/metrics/http-json/http-json.js'
import type { Reading } from '../../../src/metrics/metrics.js'
import { freePort, serveHttp, type Loopback } from '../../http/loopback.js'
import { instance, instanceAt, now, request } from '../samples.js'

const serveText = (body: string, status: number = 200): Promise<Loopback> =>
  serveHttp((_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body))

const base = { name: 'queue.depth', pointer: '/queue/depth' } as const

async function sampleOf(body: string, options: Partial<HttpJsonOfGroup> = {}): Promise<readonly Reading[]> {
  const { url } = await serveText(body)
  return httpJson({ ...base, url: `${url}/stats`, ...options }).sample(request())
}

describe('httpJson of a group', () => {
  it('reads the number at the pointer', async () => {
    expect(await sampleOf('{"queue":{"depth":12.5}}', { unit: 'count' })).toEqual([
      { kind: 'value', name: 'queue.depth', unit: 'count', at: now, value: 12.5 },
    ])
  })

  it('reads an answer that is a number itself', async () => {
    expect(await sampleOf('7', { pointer: '' })).toMatchObject([{ kind: 'value', value: 7 }])
  })

  it('reads an answer that begins with a byte order mark', async () => {
    expect(await sampleOf('\uFEFF{"queue":{"depth":3}}')).toMatchObject([{ value: 3 }])
  })

  it.each([
    ['nothing there', '{"queue":{}}', 'the answer has nothing at /queue/depth'],
    ['nothing on the way', '{}', 'the answer has nothing at /queue'],
    ['null', '{"queue":{"depth":null}}', 'no value'],
    ['true', '{"queue":{"depth":true}}', 'invalid value true'],
    ['an object', '{"queue":{"depth":{"now":1}}}', 'invalid value { now: 1 }'],
    ['a number beyond all bounds', '{"queue":{"depth":1e999}}', 'invalid value Infinity'],
    ['a text', '{"queue":{"depth":"many"}}', 'invalid value "many"'],
    [
      'a text that holds a number',
      '{"queue":{"depth":"12"}}',
      'invalid value "12", a text; allowNumberText would take it',
    ],
  ])('has an absent reading for %s', async (_, body, reason) => {
    expect(await sampleOf(body)).toEqual([
      { kind: 'absent', name: 'queue.depth', unit: 'none', at: now, reason },
    ])
  })

  it.each([
    ['12', 12],
    ['-12.5e1', -125],
  ])('takes the text %j for a number when told', async (text, value) => {
    const options = { allowNumberText: true }
    expect(await sampleOf(JSON.stringify({ queue: { depth: text } }), options)).toMatchObject([{ value }])
  })

  it.each(['', ' ', '0x10', 'Infinity', 'NaN', '12 ', '1,5', '1e999'])(
    'never takes the text %j for one',
    async (text) => {
      const options = { allowNumberText: true }
      expect(await sampleOf(JSON.stringify({ queue: { depth: text } }), options)).toMatchObject([
        { kind: 'absent' },
      ])
    },
  )

  it.each([
    ['JSON that is cut off', '{"queue":', 200, 'invalid-reading'],
    ['a page', '<html>secret</html>', 200, 'invalid-reading'],
    ['nothing', '', 200, 'invalid-reading'],
    ['an error', '{"queue":{"depth":1},"secret":1}', 500, 'unavailable'],
    ['a redirect', '', 301, 'unknown'],
    ['no entry', '', 401, 'permission-denied'],
  ])('fails on %s', async (_, body, status, code) => {
    const { url } = await serveText(body, status)
    const error = await httpJson({ ...base, url })
      .sample(request())
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code })
    expect(String(error)).not.toContain('secret')
  })

  it('fails on an answer that breaks off', async () => {
    const { url } = await serveHttp((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"queue":', () => response.destroy())
    })
    await expect(httpJson({ ...base, url }).sample(request())).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('broke off'),
    })
  })

  it('fails when the answer drips for longer than the bound', async () => {
    const { url, allClosed } = await serveHttp((_, response) => {
      const drip = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(drip))
    })
    await expect(httpJson({ ...base, url, timeoutMs: 50 }).sample(request())).rejects.toMatchObject({
      code: 'timeout',
    })
    await allClosed()
  })

  it('sends the headers it was given, and leaves no connection open', async () => {
    const seen: unknown[] = []
    const { url, allClosed } = await serveHttp(({ headers, method, url: path }, response) => {
      seen.push(method, path, headers['x-tenant'], headers['connection'])
      response.end('{"queue":{"depth":1}}')
    })
    await httpJson({ ...base, url: `${url}/a?b=c`, headers: { 'X-Tenant': 't' } }).sample(request())
    expect(seen).toEqual(['GET', '/a?b=c', 't', 'close'])
    await allClosed()
  })
})

describe('httpJson of instances', () => {
  const options = { ...base, of: 'instance', path: '/stats' } as const

  it('asks each instance at its own address', async () => {
    const servers = await Promise.all([1, 2].map((depth) => serveText(`{"queue":{"depth":${depth}}}`)))
    const instances = servers.map(({ address }, index) => instanceAt(`i-${index}`, address))
    expect(await httpJson(options).sample(request(instances))).toEqual([
      { kind: 'value', name: 'queue.depth', unit: 'none', instanceId: 'i-0', at: now, value: 1 },
      { kind: 'value', name: 'queue.depth', unit: 'none', instanceId: 'i-1', at: now, value: 2 },
    ])
  })

  it('asks another port when told', async () => {
    const { address } = await serveText('{"queue":{"depth":5}}')
    const metrics = httpJson({ ...options, port: address.port })
    expect(await metrics.sample(request([instanceAt('a', { host: address.host, port: 9 })]))).toMatchObject([
      { value: 5 },
    ])
  })

  it('has the others when one refuses, one errs, one has no address, and one is not running', async () => {
    const good = await serveText('{"queue":{"depth":1}}')
    const bad = await serveText('', 500)
    const instances = [
      instanceAt('refuses', { host: '127.0.0.1', port: await freePort() }),
      instanceAt('errs', bad.address),
      instance('without'),
      instance('pending', { status: 'pending', address: good.address }),
      instanceAt('odd', { host: 'ho/st', port: 80 }),
      instanceAt('good', good.address),
    ]
    expect(await httpJson(options).sample(request(instances))).toMatchObject([
      { kind: 'absent', instanceId: 'refuses', reason: expect.stringContaining('connect ECONNREFUSED') },
      { kind: 'absent', instanceId: 'errs', reason: expect.stringContaining('answered 500') },
      { kind: 'absent', instanceId: 'without', reason: 'the instance has no address yet' },
      { kind: 'absent', instanceId: 'pending', reason: 'the instance is pending, not running' },
      { kind: 'absent', instanceId: 'odd', reason: 'invalid host "ho/st"' },
      { kind: 'value', instanceId: 'good', value: 1 },
    ])
  })

  it('does not let silent instances use up the time of the others', async () => {
    const silent = await serveHttp(() => {})
    const good = await serveText('{"queue":{"depth":1}}')
    const metrics = httpJson({ ...options, parallel: 1, timeoutMs: 5000, sampleTimeoutMs: 400 })
    const instances = [instanceAt('silent', silent.address), instanceAt('good', good.address)]
    const first = await metrics.sample(request(instances))
    expect(first.map(({ kind }) => kind)).toEqual(['absent', 'absent'])
    expect(first[0]).toMatchObject({ reason: 'no answer within 400 ms, the bound of the whole sample' })
    const later = await metrics.sample(request(instances))
    expect(later.map(({ kind }) => kind)).toEqual(['absent', 'value'])
    await silent.allClosed()
  })

  it('asks no more at a time than it may', async () => {
    let open = 0
    let most = 0
    const { address } = await serveHttp((_, response) => {
      open += 1
      most = Math.max(most, open)
      setTimeout(() => {
        open -= 1
        response.end('{"queue":{"depth":1}}')
      }, 2)
    })
    const instances = Array.from({ length: 20 }, (_, index) => instanceAt(`i-${index}`, address))
    const readings = await httpJson({ ...options, parallel: 3 }).sample(request(instances))
    expect(readings.every(({ kind }) => kind === 'value')).toBe(true)
    expect(most).toBe(3)
  })

  it('ends with the reason of the signal, and leaves no connection', async () => {
    const abort = new AbortController()
    const reason = new Error('enough')
    const { address, allClosed } = await serveHttp(() => abort.abort(reason))
    const sampling = httpJson(options).sample(request([instanceAt('a', address)], { signal: abort.signal }))
    await expect(sampling).rejects.toBe(reason)
    await allClosed()
  })
})

describe('httpJson', () => {
  const group: HttpJsonOfGroup = { ...base, url: 'http://host/' }
  const instances: HttpJsonOfInstances = { ...base, of: 'instance', path: '/' }

  it.each<[object, string]>([
    [{ ...group, pointer: 'queue' }, 'pointer'],
    [{ ...group, pointer: '/~x' }, 'pointer'],
    [{ ...group, pointer: undefined }, 'pointer'],
    [{ ...group, url: '/stats' }, 'url'],
    [{ ...group, path: '/stats' }, 'path'],
    [{ ...group, of: 'host' }, 'of'],
    [{ ...instances, url: 'http://host/' }, 'url'],
    [{ ...instances, path: 'stats' }, 'path'],
    [{ ...instances, path: '/a b' }, 'path'],
    [{ ...instances, path: '/a\r\nHost: x' }, 'path'],
    [{ ...instances, parallel: 0 }, 'parallel'],
    [{ ...instances, port: 70_000 }, 'port'],
    [{ ...instances, headers: { 'a b': 'c' } }, 'headers.a b'],
  ])('refuses %o', (options, field) => {
    expect(() => httpJson(options as HttpJsonOfGroup)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })

  it('refuses to be called without options', () => {
    expect(() => httpJson(undefined as never)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  })
})
