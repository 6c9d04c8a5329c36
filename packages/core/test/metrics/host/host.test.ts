import { describe, expect, it } from 'vitest'
import { CpuMeter } from '../../../src/metrics/host/cpu-meter.js'
import { hostMetrics } from '../../../src/metrics/host/host.js'
import {
  cpuTimesFromProcStat,
  thisHost,
  type CpuTimes,
  type HostApi,
} from '../../../src/metrics/host/host-api.js'
import type { Metrics, Reading } from '../../../src/metrics/metrics.js'
import { now, request } from '../samples.js'

function timesOf(busyMs: number, totalMs: number, coreCount: number = 1): CpuTimes {
  return { busyMs, totalMs, coreCount }
}

/** A host of four cores whose counters the test moves. */
class FakeHost implements HostApi {
  times: CpuTimes = { busyMs: 1_000_000, totalMs: 9_000_000, coreCount: 4 }
  load: number | undefined = 2

  async cpuTimes(): Promise<CpuTimes> {
    return this.times
  }

  async memory(): Promise<{ totalBytes: number; availableBytes: number }> {
    return { totalBytes: 1000, availableBytes: 250 }
  }

  loadAverage(): number | undefined {
    return this.load
  }

  run(busyMs: number, idleMs: number): void {
    const { times } = this
    this.times = { ...times, busyMs: times.busyMs + busyMs, totalMs: times.totalMs + busyMs + idleMs }
  }
}

async function sample(metrics: Metrics, at: number = now): Promise<ReadonlyMap<string, Reading>> {
  const readings = await metrics.sample(request([], { now: at }))
  expect(readings.map(({ name }) => name).toSorted()).toEqual(
    metrics.provides.map(({ name }) => name).toSorted(),
  )
  return new Map(readings.map((reading) => [reading.name, reading]))
}

describe('hostMetrics', () => {
  it('gives the share of busy time since it was made, then since the last sample', async () => {
    const host = new FakeHost()
    const metrics = hostMetrics({}, host)
    await Promise.resolve()
    host.run(1000, 3000)
    expect((await sample(metrics)).get('host.cpu')).toEqual({
      kind: 'value',
      name: 'host.cpu',
      unit: 'ratio',
      at: now,
      value: 0.25,
    })
    host.run(6000, 2000)
    expect((await sample(metrics)).get('host.cpu')).toMatchObject({ value: 0.75 })
  })

  it('has no first reading rather than one of 0 when no time has passed', async () => {
    const cpu = (await sample(hostMetrics({}, new FakeHost()))).get('host.cpu')
    expect(cpu).toMatchObject({ kind: 'absent', reason: 'no interval to measure over yet' })
  })

  it('repeats a reading, with its time, when asked again at once', async () => {
    const host = new FakeHost()
    const metrics = hostMetrics({}, host)
    host.run(2000, 2000)
    await sample(metrics)
    host.run(400, 0)
    expect((await sample(metrics, now + 100)).get('host.cpu')).toMatchObject({ value: 0.5, at: now })
  })

  it('keeps several sources apart', async () => {
    const host = new FakeHost()
    const [one, other] = [hostMetrics({}, host), hostMetrics({}, host)]
    await Promise.resolve()
    host.run(4000, 0)
    expect((await sample(one)).get('host.cpu')).toMatchObject({ value: 1 })
    host.run(0, 4000)
    expect((await sample(one)).get('host.cpu')).toMatchObject({ value: 0 })
    expect((await sample(other)).get('host.cpu')).toMatchObject({ value: 0.5 })
  })

  it('gives memory as the share that is not available', async () => {
    expect((await sample(hostMetrics({}, new FakeHost()))).get('host.memory')).toMatchObject({ value: 0.75 })
  })

  it('gives the load average whole and per core', async () => {
    const readings = await sample(hostMetrics({}, new FakeHost()))
    expect(readings.get('host.load1')).toMatchObject({ value: 2, unit: 'count' })
    expect(readings.get('host.load')).toMatchObject({ value: 0.5, unit: 'ratio' })
  })

  it('has no load where the system keeps none', async () => {
    const host = new FakeHost()
    host.load = undefined
    const readings = await sample(hostMetrics({}, host))
    expect(readings.get('host.load1')).toMatchObject({ kind: 'absent' })
    expect(readings.get('host.load')).toMatchObject({ kind: 'absent' })
  })

  it('reads the rest when one part cannot be read', async () => {
    const host = new FakeHost()
    host.cpuTimes = () => Promise.reject(new Error('EACCES: /proc/stat'))
    let readings = await sample(hostMetrics({}, host))
    expect(readings.get('host.cpu')).toMatchObject({ kind: 'absent', reason: 'EACCES: /proc/stat' })
    expect(readings.get('host.load')).toMatchObject({
      kind: 'absent',
      reason: 'the number of cores is unknown',
    })
    expect(readings.get('host.memory')).toMatchObject({ kind: 'value' })

    const other = new FakeHost()
    other.memory = () => Promise.reject(new Error('no memory'))
    other.run(1000, 1000)
    readings = await sample(hostMetrics({}, other))
    expect(readings.get('host.memory')).toMatchObject({ kind: 'absent', reason: 'no memory' })
  })

  it('gives up when aborted, with the reason of the signal', async () => {
    const host = new FakeHost()
    host.memory = () => new Promise(() => {})
    const abort = new AbortController()
    const sampling = hostMetrics({}, host).sample(request([], { signal: abort.signal }))
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(sampling).rejects.toBe(reason)
  })

  it('declares what a missing value means', () => {
    const rule = { kind: 'assume', value: 1 } as const
    const { provides } = hostMetrics({ whenMissing: rule }, new FakeHost())
    expect(provides.map(({ whenMissing }) => whenMissing)).toEqual([rule, rule, rule, rule])
    expect(hostMetrics({}, new FakeHost()).provides[0]).not.toHaveProperty('whenMissing')
  })

  it.each([
    [{ whenmissing: { kind: 'hold' } }, 'hostMetrics: whenmissing must be left out'],
    [{ whenMissing: { kind: 'last' } }, 'hostMetrics: whenMissing.maxAgeMs must be milliseconds'],
    [
      { whenMissing: { kind: 'assume', value: Number.NaN } },
      'hostMetrics: whenMissing.value must be a finite number',
    ],
    [{ whenMissing: { kind: 'zero' } }, 'hostMetrics: whenMissing'],
  ])('refuses %o', (options, message) => {
    expect(() => hostMetrics(options as never, new FakeHost())).toThrow(message)
  })

  it('reads this very host', async () => {
    const metrics = hostMetrics()
    const readings = await sample(metrics)
    expect(readings.get('host.memory')).toMatchObject({ kind: 'value', value: expect.any(Number) })
    const { value } = readings.get('host.memory') as { value: number }
    expect(value).toBeGreaterThan(0)
    expect(value).toBeLessThan(1)
    const { totalMs, busyMs, coreCount } = await thisHost.cpuTimes()
    expect(coreCount).toBeGreaterThan(0)
    expect(totalMs).toBeGreaterThan(busyMs)
    expect(busyMs).toBeGreaterThan(0)
  })
})

describe('CpuMeter', () => {
  it('starts anew when the counters do', () => {
    const meter = new CpuMeter()
    meter.next(timesOf(5000, 10_000), 0)
    expect(meter.next(timesOf(10, 100), 1)).toMatchObject({ kind: 'none' })
    expect(meter.next(timesOf(510, 1100), 2)).toEqual({ kind: 'share', ratio: 0.5, at: 2 })
  })

  it('starts anew when a core comes or goes', () => {
    const meter = new CpuMeter()
    meter.next(timesOf(0, 10_000, 4), 0)
    expect(meter.next(timesOf(0, 20_000, 8), 1)).toMatchObject({ kind: 'none' })
  })

  it('stays within 0 and 1 when a counter goes back by a tick', () => {
    const meter = new CpuMeter()
    meter.next(timesOf(1000, 2000), 0)
    expect(meter.next(timesOf(990, 3000), 1)).toMatchObject({ ratio: 0 })
    expect(meter.next(timesOf(2010, 4000), 2)).toMatchObject({ ratio: 1 })
  })
})

describe('cpuTimesFromProcStat', () => {
  // As this project's test machine gave it (Debian 12, 2 cores), shortened.
  const text = `cpu  4669 11 1744 258088 410 3 50 54 7 0
cpu0 2300 5 900 129000 200 1 25 27 3 0
cpu1 2369 6 844 129088 210 2 25 27 4 0
intr 123
ctxt 456
`

  it('counts waiting for disks as idle, stolen time as busy, and guests once', () => {
    const busy = 4669 + 11 + 1744 + 3 + 50 + 54
    expect(cpuTimesFromProcStat(text)).toEqual({
      busyMs: busy * 10,
      totalMs: (busy + 258_088 + 410) * 10,
      coreCount: 2,
    })
  })

  it.each(['', 'intr 1 2 3 4', 'cpu  1 2 x 4', 'cpu 1 2'])('refuses %j', (broken) => {
    expect(() => cpuTimesFromProcStat(broken)).toThrow('/proc/stat')
  })
})
