import { FakeClock } from '@flotilla/core/testing'
import { expect, it } from 'vitest'
import { eventually, send } from '../support/client.js'
import { noSignal, readingOf, startProxy } from '../support/proxy.js'
import { refusingMember, startNamed, startWorker } from '../support/worker.js'

it('counts requests since the start, and their rate over the window', async () => {
  const clock = new FakeClock()
  const worker = await startNamed('a')
  const { port, read } = await startProxy([worker.member], { clock, windowMs: 10_000 })
  for (let second = 0; second < 20; second += 1) {
    for (let index = 0; index < 3; index += 1) await send(port)
    await clock.advance(1000)
    // Two readers at two paces: neither takes anything from the other.
    if (second % 2 === 0) await read('http.request_rate')
  }
  expect(await read('http.request_count')).toBe(60)
  expect(await read('http.request_rate')).toBeCloseTo(3, 0)
  expect(await read('http.instance_request_rate', 'a')).toBeCloseTo(3, 0)
  await clock.advance(11_000)
  expect(await read('http.request_count')).toBe(60)
  expect(await read('http.request_rate')).toBe(0)
})

it('counts answers by their class, its own among them', async () => {
  const clock = new FakeClock()
  const worker = await startWorker((request, response) => {
    response.writeHead(Number(request.url?.slice(1))).end()
  })
  const { port, read, sync } = await startProxy([worker.member], { clock })
  for (const status of [200, 201, 301, 404, 404, 410, 500]) await send(port, { path: `/${status}` })
  await sync()
  await send(port)
  await clock.advance(1000)
  const rates = await Promise.all([2, 3, 4, 5].map((digit) => read(`http.status_${digit}xx`)))
  expect(rates).toEqual([2, 1, 3, 2])
})

it('measures latency until the answer begins, not until the client has taken it', async () => {
  const clock = new FakeClock()
  const finish: (() => void)[] = []
  const worker = await startWorker((_, response) => {
    finish.push(
      () => response.write('begun'),
      () => response.end(),
    )
  })
  const { port, read } = await startProxy([worker.member], { clock })
  const answer = send(port)
  await eventually(() => finish.length === 2)
  await clock.advance(200)
  finish[0]?.()
  await eventually(async () => (await readLatency(read)) > 0)
  await clock.advance(5000)
  finish[1]?.()
  await answer
  expect((await read('http.latency_p50')) / 200).toBeCloseTo(1, 1)
  expect((await read('http.latency_p95')) / 200).toBeCloseTo(1, 1)
})

async function readLatency(read: (name: string) => Promise<number>): Promise<number> {
  return read('http.latency_p50').catch(() => 0)
}

it('has no latency, and says why, while no member has answered', async () => {
  const clock = new FakeClock()
  const worker = await startNamed('a')
  const { port, proxy, read, sync } = await startProxy([await refusingMember('gone')], { clock })
  // A 503 of its own is quick, and says nothing of how quick the service is.
  expect((await send(port)).status).toBe(503)
  expect(await readingOf(proxy, 'http.latency_p95')).toMatchObject({
    kind: 'absent',
    unit: 'milliseconds',
    at: 1000,
    reason: 'no member answered a request in the last 10 s',
  })
  await sync(worker.member)
  await send(port)
  expect(await read('http.latency_p95')).toBeGreaterThan(0)
  await clock.advance(10_000)
  expect(await readingOf(proxy, 'http.latency_p95')).toMatchObject({ kind: 'absent' })
})

it('hands on what the missing latency means', async () => {
  const { proxy } = await startProxy([], { whenMissing: { kind: 'assume', value: 0 } })
  const rules = new Map(proxy.provides.map(({ name, whenMissing }) => [name, whenMissing]))
  expect(rules.get('http.latency_p95')).toEqual({ kind: 'assume', value: 0 })
  expect(rules.get('http.request_rate')).toBeUndefined()
})

it('says of an instance that is no member that it cannot tell', async () => {
  const { proxy } = await startProxy([(await startNamed('a')).member])
  for (const name of ['http.instance_in_flight', 'http.instance_request_rate']) {
    expect(await readingOf(proxy, name, 'a')).toMatchObject({ kind: 'value', value: 0, instanceId: 'a' })
    expect(await readingOf(proxy, name, 'b')).toMatchObject({
      kind: 'absent',
      reason: 'not a member of the proxy',
    })
  }
})

it('rejects with the reason when aborted', async () => {
  const { proxy } = await startProxy([])
  const reason = new Error('enough')
  const request = { group: 'web', instances: [], now: 0 }
  await expect(proxy.sample({ ...request, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  await expect(proxy.sample({ ...request, signal: noSignal })).resolves.toHaveLength(12)
})
