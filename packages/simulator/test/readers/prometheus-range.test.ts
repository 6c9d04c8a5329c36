import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type PrometheusTraceOptions, readPrometheusRange } from '../../src/index.js'

const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

type Answer = (form: URLSearchParams, request: IncomingMessage, response: ServerResponse) => void

/** A server on loopback that answers range queries. */
async function serving(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => answer(new URLSearchParams(body), request, response))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const matrix = (...series: readonly (readonly (readonly [number, string])[])[]): string =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'matrix', result: series.map((values) => ({ metric: {}, values })) },
  })

const range = { query: 'sum(rate(x[1m]))', from: 1_700_000_000_000, to: 1_700_000_180_000 } as const

const ask = async (answer: Answer, more: Partial<PrometheusTraceOptions> = {}) =>
  readPrometheusRange({ ...range, url: await serving(answer), ...more })

describe('readPrometheusRange', () => {
  it('refuses native histograms, which are no numbers', async () => {
    const result = [{ metric: {}, histograms: [[1_700_000_000, { count: '1', sum: '1' }]] }]
    const answer = JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })
    await expect(ask((_, __, response) => response.end(answer))).rejects.toThrow('native histograms')
  })

  it('reads the series, and keeps the value where there is none', async () => {
    let asked: unknown
    const trace = await ask((form, request, response) => {
      asked = { path: request.url, ...Object.fromEntries(form) }
      response.end(
        matrix([
          [1_700_000_000, '1.5'],
          [1_700_000_060, 'NaN'],
          [1_700_000_180, '4'],
        ]),
      )
    })
    expect(asked).toEqual({
      path: '/api/v1/query_range',
      query: range.query,
      start: '1700000000',
      end: '1700000180',
      step: '60',
    })
    expect(trace).toEqual({
      name: range.query,
      intervalMs: 60_000,
      startAt: range.from,
      values: Float64Array.from([1.5, 1.5, 1.5, 4]),
    })
  })

  it('asks in parts that Prometheus answers, without a gap or a double', async () => {
    const parts: [number, number][] = []
    const trace = await ask(
      (form, _, response) => {
        const [start, end] = [Number(form.get('start')), Number(form.get('end'))]
        parts.push([start, end])
        const count = Math.floor((end - start) / 15) + 1
        response.end(
          matrix(
            Array.from({ length: count }, (_one, index) => [start + 15 * index, String(start + 15 * index)]),
          ),
        )
      },
      { to: range.from + 25_000 * 15_000, intervalMs: 15_000 },
    )
    expect(parts.map(([start, end]) => (end - start) / 15 + 1)).toEqual([10_000, 10_000, 5001])
    expect(trace.values).toHaveLength(25_001)
    expect(trace.values[24_999]).toBe(1_700_000_000 + 15 * 24_999)
  })

  it('sends the credentials of the address, and never shows them', async () => {
    const url = await serving((_, request, response) => {
      response.statusCode = request.headers.authorization === 'Basic bWU6c2VjcmV0' ? 503 : 401
      response.end('{}')
    })
    const failure = readPrometheusRange({ ...range, url: url.replace('//', '//me:secret@') })
    await expect(failure).rejects.toMatchObject({ code: 'unavailable' })
    await expect(failure).rejects.not.toThrow('secret')
  })

  it.each([
    ['permission-denied', 401, '{}'],
    ['unavailable', 500, 'oops'],
    ['invalid-options', 400, '{"status":"error","error":"parse error"}'],
    ['invalid-reading', 200, 'not json'],
    ['invalid-reading', 200, '{"status":"success","data":{"resultType":"vector","result":[]}}'],
    ['invalid-reading', 200, matrix()],
    ['invalid-reading', 200, matrix([[1, '1']], [[1, '2']])],
    ['invalid-reading', 200, matrix([[1, 'NaN']])],
  ])('rejects with %s when answered %d %s', async (code, status, body) => {
    const failure = ask((_, __, response) => {
      response.statusCode = status
      response.end(body)
    })
    await expect(failure).rejects.toMatchObject({ code })
  })

  it('gives up after its bound, and with the signal', async () => {
    await expect(ask(() => {}, { timeoutMs: 30 })).rejects.toMatchObject({ code: 'timeout' })
    const reason = new Error('enough')
    await expect(ask(() => {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('rejects when nobody listens', async () => {
    const failure = readPrometheusRange({ ...range, url: 'http://127.0.0.1:1' })
    await expect(failure).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('cuts an endless answer off', async () => {
    const failure = ask((_, __, response) => {
      const chunk = 'x'.repeat(2 ** 20)
      const more = (): void => {
        while (response.writable && response.write(chunk));
      }
      response.on('drain', more)
      more()
    })
    await expect(failure).rejects.toMatchObject({ code: 'invalid-reading' })
  })

  it.each([
    ['url', { url: 'prometheus:9090' }],
    ['to', { to: range.from }],
    ['query', { query: '' }],
    ['intervalMs', { intervalMs: 1500 }],
    ['headers', { headers: { 'bad name': 'x' } }],
    ['nonsense', { nonsense: 1 }],
  ])('names %s when asked wrongly', async (field, more) => {
    const failure = readPrometheusRange({
      ...range,
      url: 'http://127.0.0.1:1',
      ...more,
    })
    await expect(failure).rejects.toMatchObject({ code: 'invalid-options', field })
  })
})
