import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  FlotillaError,
  systemClock,
  type CallOptions,
  type Reading,
  type SampleRequest,
} from '@flotilla/core'
import { untilAborted } from '@flotilla/core/authoring'
import { FakeClock, testMetrics } from '@flotilla/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { HttpStatusPage, type StatusPage } from '../../src/status/status-page.js'
import { StatusMetrics, statusMetrics } from '../../src/status/status-metrics.js'
import { parseStubStatus, type StubStatus } from '../../src/status/stub-status.js'
import { forever } from '../sample.js'

/** As nginx 1.22.1 prints it. */
const page = `Active connections: 291 
server accepts handled requests
 16630948 16630948 31070465 
Reading: 6 Writing: 179 Waiting: 106 
`

describe('parseStubStatus', () => {
  it('reads the page', () => {
    expect(parseStubStatus(page)).toEqual({
      activeCount: 291,
      readingCount: 6,
      writingCount: 179,
      waitingCount: 106,
      requestTotal: 31_070_465,
    })
  })

  it.each(['', 'Active connections: 291', '<html>404</html>', page.replace('Reading: 6', 'Reading: six')])(
    'takes %j for something else',
    (text) => {
      expect(parseStubStatus(text)).toBeUndefined()
    },
  )
})

let servers: Server[] = []
afterEach(async () => {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  servers = []
})

async function pageOn(
  answer: (path: string) => { readonly status: number; readonly body: string } | undefined,
) {
  const server = createServer((request, response) => {
    const said = answer(request.url ?? '')
    if (said !== undefined) response.writeHead(said.status).end(said.body)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return new HttpStatusPage({ url, timeoutMs: 200, clock: systemClock })
}

describe('the status page', () => {
  const call = { signal: forever }

  it('tells the generation and the counters', async () => {
    const status = await pageOn((path) => ({ status: 200, body: path === '/generation' ? 'abc' : page }))
    expect(await status.generation(call)).toEqual({ told: 'abc' })
    expect(await status.counters(call)).toMatchObject({ requestTotal: 31_070_465 })
    expect(status.ownRequestCount).toBe(2)
  })

  it('does not take another answer for a generation', async () => {
    const status = await pageOn(() => ({ status: 404, body: 'abc' }))
    expect(await status.generation(call)).toMatchObject({ untold: expect.stringContaining('answered 404') })
  })

  it('says why nothing is told', async () => {
    const url = new URL('http://127.0.0.1:1')
    const status = new HttpStatusPage({ url, timeoutMs: 1000, clock: systemClock })
    expect(await status.generation(call)).toMatchObject({ untold: expect.stringContaining('ECONNREFUSED') })
    await expect(status.counters(call)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('does not wait for ever, and does not read without end', async () => {
    const silent = await pageOn(() => undefined)
    await expect(silent.counters(call)).rejects.toMatchObject({ code: 'timeout' })
    const endless = await pageOn(() => ({ status: 200, body: 'x'.repeat(200_000) }))
    await expect(endless.counters(call)).rejects.toThrow(/more than 65536 bytes/)
  })

  it('tells another page from its own', async () => {
    const status = await pageOn(() => ({ status: 200, body: '<html>hello</html>' }))
    await expect(status.counters(call)).rejects.toMatchObject({ code: 'invalid-reading' })
  })

  it("rejects with the signal's reason", async () => {
    const status = await pageOn(() => undefined)
    const reason = new Error('the caller gave up')
    const controller = new AbortController()
    const asking = status.generation({ signal: controller.signal })
    controller.abort(reason)
    await expect(asking).rejects.toBe(reason)
  })
})

class CountingPage implements StatusPage {
  readonly where = 'a page'
  ownRequestCount = 0
  requestTotal = 1000
  activeCount = 1
  writingCount = 1
  noteOwnRequest(): void {
    this.ownRequestCount += 1
  }
  async generation(): Promise<{ readonly untold: string }> {
    return { untold: 'nothing' }
  }
  async counters({ signal }: CallOptions): Promise<StubStatus> {
    signal.throwIfAborted()
    this.ownRequestCount += 1
    this.requestTotal += 1
    const { requestTotal, activeCount, writingCount } = this
    return { requestTotal, activeCount, writingCount, readingCount: 0, waitingCount: 0 }
  }
}

testMetrics({ describe, it }, 'the status of nginx', {
  async make() {
    const status = new CountingPage()
    const metrics = new StatusMetrics(status, systemClock)
    return {
      metrics: { name: 'nginx', provides: statusMetrics, sample: (asked) => metrics.sample(asked) },
      known: { 'http.in_flight': 0, 'http.active_connections': 0 },
      failAll() {
        status.counters = async () => {
          throw new FlotillaError('unavailable', 'ask nginx: connect ECONNREFUSED')
        }
      },
      hang() {
        status.counters = (call) => untilAborted(() => new Promise<StubStatus>(() => {}), call.signal)
      },
    }
  },
})

describe('readings', () => {
  const request: SampleRequest = { group: 'web', instances: [], now: 5, signal: forever }
  const valueOf = (readings: readonly Reading[], name: string): number | string | undefined => {
    const found = readings.find((reading) => reading.name === name)
    return found?.kind === 'value' ? found.value : found?.reason
  }

  it('are the requests between two samples, without our own', async () => {
    const clock = new FakeClock()
    const status = new CountingPage()
    const metrics = new StatusMetrics(status, clock)
    expect(valueOf(await metrics.sample(request), 'http.request_rate')).toMatch(/the first/)
    status.requestTotal += 500
    await clock.advance(10_000)
    expect(valueOf(await metrics.sample(request), 'http.request_rate')).toBe(50)
    await clock.advance(10_000)
    expect(valueOf(await metrics.sample(request), 'http.request_rate')).toBe(0)
    // Looks at the generation in between are ours too.
    status.ownRequestCount += 7
    status.requestTotal += 7 + 100
    await clock.advance(1000)
    expect(valueOf(await metrics.sample(request), 'http.request_rate')).toBe(100)
  })

  it('are absent, not wrong, after nginx was restarted, and right again after that', async () => {
    const clock = new FakeClock()
    const status = new CountingPage()
    const metrics = new StatusMetrics(status, clock)
    await metrics.sample(request)
    status.requestTotal = 3
    await clock.advance(1000)
    expect(valueOf(await metrics.sample(request), 'http.request_rate')).toMatch(/restarted/)
    status.requestTotal += 20
    await clock.advance(1000)
    expect(valueOf(await metrics.sample(request), 'http.request_rate')).toBe(20)
  })

  it('leave out the connection that asked', async () => {
    const status = new CountingPage()
    const metrics = new StatusMetrics(status, new FakeClock())
    const idle = await metrics.sample(request)
    expect(valueOf(idle, 'http.in_flight')).toBe(0)
    expect(valueOf(idle, 'http.active_connections')).toBe(0)
    status.activeCount = 11
    status.writingCount = 4
    const busy = await metrics.sample(request)
    expect(valueOf(busy, 'http.in_flight')).toBe(3)
    expect(valueOf(busy, 'http.active_connections')).toBe(10)
  })
})
