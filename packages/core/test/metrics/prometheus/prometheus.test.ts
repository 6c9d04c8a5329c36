import { describe, expect, it } from 'vitest'
import { prometheus, type PrometheusOptions } from '../../../src/metrics/prometheus/prometheus.js'
import { freePort, serveHttp } from '../../http/loopback.js'
import { base, fakePrometheus, sampleOf } from './fake-prometheus.js'
import { badQuery, histogram, matrix, scalar, timedOut, twoSeries, vector } from './prometheus-answers.js'
import { now, request } from '../samples.js'

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
