import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Reading } from '../../src/metrics/metrics.js'
import { prometheus, type PrometheusOptions } from '../../src/metrics/prometheus.js'
import { freePort, serveHttp } from '../http/loopback.js'
import { badQuery, histogram, matrix, scalar, timedOut, twoSeries, vector } from './prometheus-answers.js'
import { instance, instanceAt, now, request } from './samples.js'

const base = {
  url: 'http://127.0.0.1:9',
  query: 'sum(rate(http_requests_total[1m]))',
  name: 'http.rps',
} as const

interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: URLSearchParams
}

/** A server that gives one answer and keeps what it was asked. */
async function fakePrometheus(
  answer: unknown,
  status: number = 200,
  headers: Record<string, string> = {},
): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const asked: Asked[] = []
  const { url } = await serveHttp((incoming, response) => {
    let body = ''
    incoming.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    incoming.on('end', () => {
      const { method, url: path, headers: given } = incoming
      asked.push({ method, url: path, headers: given, body: new URLSearchParams(body) })
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
    })
  })
  return { url, asked }
}

async function sampleOf(
  answer: unknown,
  options: Partial<PrometheusOptions> = {},
  instances = [instance('a')],
): Promise<readonly Reading[]> {
  const { url } = await fakePrometheus(answer)
  return prometheus({ ...base, url, ...options }).sample(request(instances))
}

async function failureOf(
  answer: unknown,
  status: number,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const { url } = await fakePrometheus(answer, status, headers)
  return prometheus({ ...base, url })
    .sample(request())
    .then(
      () => expect.unreachable('it did not fail'),
      (error: unknown) => error,
    )
}

/** The header that reaches the server. */
async function authorizationFor(
  options: Partial<PrometheusOptions>,
  withUser: string = '',
): Promise<unknown> {
  const { url, asked } = await fakePrometheus(scalar('1'))
  await prometheus({ ...base, ...options, url: url.replace('//', `//${withUser}`) }).sample(request())
  return asked[0]?.headers.authorization
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

describe('prometheus', () => {
  it('asks for the query by POST, with a bound for the server', async () => {
    const { url, asked } = await fakePrometheus(scalar('1'))
    await prometheus({ ...base, url: `${url}/prom/`, timeoutMs: 1500 }).sample(request())
    expect(asked).toMatchObject([{ method: 'POST', url: '/prom/api/v1/query' }])
    expect(Object.fromEntries(asked[0]?.body ?? [])).toEqual({ query: base.query, timeout: '1500ms' })
  })

  it.each([
    ['a scalar', scalar('42.5'), 42.5],
    ['a vector of one series', vector([{ job: 'web' }, '1.5e3']), 1500],
    ['a series without labels', vector([{}, '0']), 0],
    ['a negative number', scalar('-7'), -7],
  ])('reads %s for the group', async (_, answer, value) => {
    expect(await sampleOf(answer, { unit: 'per-second' })).toEqual([
      { kind: 'value', name: 'http.rps', unit: 'per-second', at: now, value },
    ])
  })

  it.each([
    ['no data', vector(), 'the query returned no data'],
    ['NaN', scalar('NaN'), 'invalid value "NaN"'],
    ['+Inf', scalar('+Inf'), 'invalid value "+Inf"'],
    ['-Inf', scalar('-Inf'), 'invalid value "-Inf"'],
    ['a text', scalar('abc'), 'invalid value "abc"'],
    ['an empty text', scalar(''), 'invalid value ""'],
    ['two series', twoSeries, 'the query returned 2 series; aggregate them in the query'],
    ['a histogram', histogram, 'the query returned a histogram, not a number'],
  ])('has an absent reading for %s', async (_, answer, reason) => {
    expect(await sampleOf(answer)).toEqual([
      { kind: 'absent', name: 'http.rps', unit: 'none', at: now, reason },
    ])
  })

  it('does not take a partial answer for the whole', async () => {
    const partial = { ...scalar('1'), warnings: ['No StoreAPIs matched for this query'] }
    expect(await sampleOf(partial)).toMatchObject([
      { kind: 'absent', reason: 'the server warned: No StoreAPIs matched for this query' },
    ])
    expect(await sampleOf(partial, { acceptWarnings: true })).toMatchObject([{ kind: 'value', value: 1 }])
  })

  it('pays no heed to notes on the style of the query', async () => {
    const warnings = ['PromQL info: metric might not be a counter, name does not end in _total: "x"']
    expect(await sampleOf({ ...scalar('1'), warnings, infos: warnings })).toMatchObject([{ kind: 'value' }])
  })

  describe('of instances', () => {
    const options = { of: 'instance' } as const
    const instances = [
      instanceAt('i-1', { host: '10.0.0.1', port: 8080 }),
      instanceAt('i-2', { host: '10.0.0.2', port: 8080 }),
      instanceAt('i-3', { host: 'fd00::3', port: 8080 }),
    ]

    it.each([
      ['id', 'i-2'],
      ['name', 'name-i-2'],
      ['host:port', '10.0.0.2:8080'],
      ['host', '10.0.0.2'],
    ])('finds whose a series is by %s', async (_, label) => {
      const readings = await sampleOf(vector([{ instance: label }, '2']), options, instances)
      expect(readings).toMatchObject([
        { kind: 'absent', instanceId: 'i-1', reason: 'the query returned no data for it' },
        { kind: 'value', instanceId: 'i-2', value: 2 },
        { kind: 'absent', instanceId: 'i-3' },
      ])
    })

    it.each(['[fd00::3]:8080', 'fd00::3'])('knows the IPv6 address %s', async (label) => {
      const readings = await sampleOf(vector([{ instance: label }, '3']), options, instances)
      expect(readings[2]).toMatchObject({ instanceId: 'i-3', value: 3 })
    })

    it('reads another label when told', async () => {
      const answer = vector([{ instance: 'i-1', pod: 'i-2' }, '2'])
      const readings = await sampleOf(answer, { ...options, instanceLabel: 'pod' }, instances)
      expect(readings.map(({ kind }) => kind)).toEqual(['absent', 'value', 'absent'])
    })

    it('matches the port of an exporter when told, and only then', async () => {
      const answer = vector([{ instance: '10.0.0.1:9100' }, '0.3'])
      expect((await sampleOf(answer, options, instances))[0]).toMatchObject({
        kind: 'absent',
        reason: 'no series is of an instance of the group; label instance is "10.0.0.1:9100", say',
      })
      expect((await sampleOf(answer, { ...options, instancePort: 9100 }, instances))[0]).toMatchObject({
        value: 0.3,
      })
    })

    it('does not guess between instances that share a host', async () => {
      const sharing = [
        instanceAt('a', { host: '127.0.0.1', port: 1 }),
        instanceAt('b', { host: '127.0.0.1', port: 2 }),
      ]
      const readings = await sampleOf(vector([{ instance: '127.0.0.1' }, '1']), options, sharing)
      expect(readings.map(({ kind }) => kind)).toEqual(['absent', 'absent'])
      const exact = await sampleOf(vector([{ instance: '127.0.0.1:2' }, '1']), options, sharing)
      expect(exact.map(({ kind }) => kind)).toEqual(['absent', 'value'])
    })

    it('does not choose between two series of one instance', async () => {
      const answer = vector([{ instance: 'i-1', mode: 'x' }, '1'], [{ instance: 'i-1', mode: 'y' }, '2'])
      expect((await sampleOf(answer, options, instances))[0]).toMatchObject({
        kind: 'absent',
        reason: 'the query returned 2 series for it; aggregate them by (instance) in the query',
      })
    })

    it('leaves out the instances of others', async () => {
      const readings = await sampleOf(twoSeries, options, instances)
      expect(readings.map(({ kind, instanceId }) => [kind, instanceId])).toEqual([
        ['absent', 'i-1'],
        ['absent', 'i-2'],
        ['absent', 'i-3'],
      ])
    })

    it('keeps the readings of the others when one is NaN', async () => {
      const answer = vector([{ instance: 'i-1' }, 'NaN'], [{ instance: 'i-2' }, '2'])
      expect(await sampleOf(answer, options, instances)).toMatchObject([
        { kind: 'absent', reason: 'invalid value "NaN"' },
        { kind: 'value', value: 2 },
        { kind: 'absent' },
      ])
    })

    it('names a label that no series has', async () => {
      const readings = await sampleOf(vector([{ job: 'x' }, '1']), options, instances)
      expect(readings[0]).toMatchObject({ reason: 'none of the 1 series has a label instance' })
    })

    it('has an absent reading for each when the server warned', async () => {
      const answer = { ...vector([{ instance: 'i-1' }, '1']), warnings: ['store down'] }
      expect((await sampleOf(answer, options, instances)).map(({ kind }) => kind)).toEqual([
        'absent',
        'absent',
        'absent',
      ])
    })
  })

  describe('fails', () => {
    it.each([
      [
        400,
        badQuery,
        'invalid-options',
        'the query is refused: bad_data: invalid parameter "query": 1:5: parse error',
      ],
      [422, timedOut, 'unknown', 'answered 422: timeout: query timed out in query execution'],
      [503, timedOut, 'unavailable', 'answered 503: timeout: query timed out in query execution'],
      [500, '<html>secret</html>', 'unavailable', 'answered 500'],
      [401, 'Unauthorized', 'permission-denied', 'answered 401'],
      [403, '', 'permission-denied', 'answered 403'],
      [404, 'not here', 'not-found', 'answered 404'],
      [400, 'Bad Request', 'unknown', 'answered 400'],
      [302, '', 'unknown', 'answered 302, a redirect, which is not followed'],
    ])('on an answer of %i with %j', async (status, answer, code, message) => {
      const error = await failureOf(answer, status)
      expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
      expect(String(error)).not.toContain('secret')
    })

    it('with the time to wait when asked too often', async () => {
      expect(await failureOf('', 429, { 'retry-after': '7' })).toMatchObject({
        code: 'rate-limited',
        retryAfterMs: 7000,
        retryable: true,
      })
    })

    it.each([
      ['an error with status 200', badQuery, 'bad_data: invalid parameter'],
      ['a matrix', matrix, 'the query gives a "matrix"; a scalar or an instant vector is needed'],
      ['something that is not JSON', '<html>welcome</html>', 'the answer is not JSON'],
      ['something of another API', { hello: 'world' }, 'the answer is not one of the Prometheus API'],
      ['null', null, 'the answer is not one of the Prometheus API'],
      [
        'a number as value',
        { status: 'success', data: { resultType: 'scalar', result: [1, 2] } },
        'a sample of the answer is [ 1, 2 ]',
      ],
      [
        'a series without a value',
        { status: 'success', data: { resultType: 'vector', result: [{ metric: {} }] } },
        'has no value',
      ],
      [
        'a series that is null',
        { status: 'success', data: { resultType: 'vector', result: [null] } },
        'has no value',
      ],
    ])('on %s', async (_, answer, message) => {
      expect(await failureOf(answer, 200)).toMatchObject({
        code: 'invalid-reading',
        message: expect.stringContaining(message),
      })
    })

    it('when nobody listens', async () => {
      const url = `http://127.0.0.1:${await freePort()}`
      await expect(prometheus({ ...base, url }).sample(request())).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(
          /^query Prometheus at http:\/\/127.0.0.1:\d+\/ for http.rps: connect ECONNREFUSED/,
        ),
      })
    })

    it('when there is no answer within the bound', async () => {
      const { url, allClosed } = await serveHttp(() => {})
      await expect(prometheus({ ...base, url, timeoutMs: 30 }).sample(request())).rejects.toMatchObject({
        code: 'timeout',
        message: expect.stringContaining('no answer within 30 ms'),
      })
      await allClosed()
    })

    it('with the reason of the signal, and leaves no connection', async () => {
      const abort = new AbortController()
      const reason = new Error('enough')
      const { url, allClosed } = await serveHttp(() => abort.abort(reason))
      await expect(prometheus({ ...base, url }).sample(request([], { signal: abort.signal }))).rejects.toBe(
        reason,
      )
      await allClosed()
    })

    it('on an answer that is too long to be one', async () => {
      const { url } = await serveHttp((_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        }
        response.on('drain', more)
        more()
      })
      await expect(prometheus({ ...base, url }).sample(request())).rejects.toMatchObject({
        code: 'invalid-reading',
        message: expect.stringContaining('more than 1048576 bytes'),
      })
    })
  })

  describe('credentials', () => {
    it('are sent as asked', async () => {
      expect(await authorizationFor({})).toBeUndefined()
      expect(await authorizationFor({ bearerToken: 'abc' })).toBe('Bearer abc')
      expect(await authorizationFor({ basic: { username: 'u', password: 'pä:ss' } })).toBe(basic('u:pä:ss'))
      expect(await authorizationFor({}, 'u:p%40ss@')).toBe(basic('u:p@ss'))
      expect(await authorizationFor({ headers: { Authorization: 'Custom x' } })).toBe('Custom x')
    })

    it('in a URL appear in no error', async () => {
      const url = `http://admin:hunter2@127.0.0.1:${await freePort()}/?token=hunter2`
      const error = await prometheus({ ...base, url })
        .sample(request())
        .catch((thrown: unknown) => thrown)
      expect(String(error)).toContain('query Prometheus at http://127.0.0.1')
      expect(JSON.stringify(error) + String(error)).not.toMatch(/hunter2|admin/)
    })

    it.each<[object, string]>([
      [{ url: 'http://admin:hun/ter2@host' }, 'url'],
      [{ url: 'ftp://admin:hunter2@host' }, 'url'],
      [{ url: 'http://admin:%hunter2@host' }, 'url'],
      [{ headers: { 'X-Api-Key': 'hunter2\r\nX: y' } }, 'headers.X-Api-Key'],
      [{ headers: { Cookie: ['hunter2'] } }, 'headers.Cookie'],
      [{ headers: 'hunter2' }, 'headers'],
      [{ bearerToken: 'hunter2\n' }, 'bearerToken'],
      [{ bearerToken: { token: 'hunter2' } }, 'bearerToken'],
      [{ basic: 'admin:hunter2' }, 'basic'],
      [{ basic: { username: 'admin', password: ['hunter2'] } }, 'basic.password'],
      [{ basic: { username: 'admin', password: 'x', passwd: 'hunter2' } }, 'basic.passwd'],
      [{ basic: { username: 'admin', password: 'x' }, bearerToken: 'hunter2' }, 'bearerToken'],
      [{ headers: { authorization: 'hunter2' }, bearerToken: 'hunter2' }, 'headers.authorization'],
    ])('that cannot be are refused and not shown: %o', (options, field) => {
      let error: unknown
      try {
        prometheus({ ...base, ...options })
      } catch (thrown) {
        error = thrown
      }
      expect(error).toMatchObject({ code: 'invalid-options', field })
      expect(`${JSON.stringify(error)} ${String(error)}`).not.toMatch(/hun(\/)?ter2/)
    })
  })

  it.each([
    [{ url: 'prometheus:9090' }, 'url'],
    [{ url: 'not a url' }, 'url'],
    [{ url: undefined }, 'url'],
    [{ url: 'http://host/#x' }, 'url'],
    [{ query: '' }, 'query'],
    [{ name: 'HTTP' }, 'name'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: Infinity }, 'timeoutMs'],
    [{ instanceLabel: 'a-b' }, 'instanceLabel'],
    [{ instancePort: 0 }, 'instancePort'],
    [{ qurey: 'x' }, 'qurey'],
    [{ ca: '' }, 'ca'],
  ])('refuses %o', (options, field) => {
    expect(() => prometheus({ ...base, ...options } as PrometheusOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })
})
