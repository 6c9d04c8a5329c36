import type { IncomingMessage } from 'node:http'
import type { Reading } from '../../../src/metrics/metrics.js'
import { prometheus, type PrometheusOptions } from '../../../src/metrics/prometheus/prometheus.js'
import { serveHttp } from '../../http/loopback.js'
import { instance, request } from '../samples.js'

/** Options that will do. */
export const base = {
  url: 'http://127.0.0.1:9',
  query: 'sum(rate(http_requests_total[1m]))',
  name: 'http.rps',
} as const

export interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: URLSearchParams
}

/** A server that gives one answer and keeps what it was asked. */
export async function fakePrometheus(
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

/** What the source makes of an answer. */
export async function sampleOf(
  answer: unknown,
  options: Partial<PrometheusOptions> = {},
  instances = [instance('a')],
): Promise<readonly Reading[]> {
  const { url } = await fakePrometheus(answer)
  return prometheus({ ...base, url, ...options }).sample(request(instances))
}
