import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FlotillaError, systemClock, type Reading } from '@flotilla/core'
import { FakeClock, testMetrics } from '@flotilla/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LatencyScale } from '../../src/status/latency-scale.js'
import { LogMetrics, logMetrics } from '../../src/status/log-metrics.js'
import { LogTail } from '../../src/status/log-tail.js'
import { NginxMetrics } from '../../src/status/nginx-metrics.js'
import type { StatusPage } from '../../src/status/status-page.js'
import { forever } from '../sample.js'

let directory = ''
let path = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flotilla-log-'))
  path = join(directory, 'access.log')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('LogTail', () => {
  async function readNew(
    tail: LogTail,
  ): Promise<{ lines: string[]; missed: string | undefined } | undefined> {
    const lines: string[] = []
    const read = await tail.read((line) => lines.push(line), forever)
    return read === undefined ? undefined : { lines, missed: read.missed }
  }

  it('gives what was added since the last look, line by line, whole', async () => {
    await writeFile(path, 'old\n')
    const tail = new LogTail(path, 1e6)
    expect(await readNew(tail)).toBeUndefined()
    expect(await readNew(tail)).toEqual({ lines: [], missed: undefined })
    await appendFile(path, 'a\nb\nhal')
    expect(await readNew(tail)).toEqual({ lines: ['a', 'b'], missed: undefined })
    await appendFile(path, 'f\n')
    expect(await readNew(tail)).toEqual({ lines: ['half'], missed: undefined })
  })

  it('reads a long addition in chunks, without losing a line', async () => {
    await writeFile(path, '')
    const tail = new LogTail(path, 1e7)
    await readNew(tail)
    const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index}`)
    await appendFile(path, `${lines.join('\n')}\n`)
    expect(await readNew(tail)).toEqual({ lines, missed: undefined })
  })

  it('passes over the older part of too much, and says so', async () => {
    await writeFile(path, '')
    const tail = new LogTail(path, 10)
    await readNew(tail)
    await appendFile(path, '1111\n2222\n3333\n4444\n')
    expect(await readNew(tail)).toEqual({ lines: ['3333', '4444'], missed: expect.stringContaining('more') })
    await appendFile(path, '5555\n')
    expect(await readNew(tail)).toEqual({ lines: ['5555'], missed: undefined })
  })

  it('goes on with the new file after a rotation, and says what that may have missed', async () => {
    await writeFile(path, 'a\n')
    const tail = new LogTail(path, 1e6)
    await readNew(tail)
    await rename(path, `${path}.1`)
    await expect(readNew(tail)).rejects.toThrow('ENOENT')
    await writeFile(path, 'b\n')
    expect(await readNew(tail)).toEqual({ lines: ['b'], missed: expect.stringContaining('rotated') })
    await truncate(path)
    await appendFile(path, 'c')
    expect(await readNew(tail)).toEqual({ lines: [], missed: expect.stringContaining('rotated') })
    await appendFile(path, '\n')
    expect(await readNew(tail)).toEqual({ lines: ['c'], missed: undefined })
  })

  it('reads all of a file that was not there before', async () => {
    const tail = new LogTail(path, 1e6)
    await expect(readNew(tail)).rejects.toThrow('ENOENT')
    await writeFile(path, 'a\n')
    expect(await readNew(tail)).toEqual({ lines: ['a'], missed: undefined })
  })
})

describe('LatencyScale', () => {
  it('gives percentiles right to within 5 %', () => {
    const scale = new LatencyScale()
    expect(scale.percentile(0.5)).toBeUndefined()
    for (let ms = 1; ms <= 1000; ms += 1) scale.add(ms)
    for (const share of [0.5, 0.95, 0.99]) {
      expect(Math.abs((scale.percentile(share) ?? 0) / (1000 * share) - 1)).toBeLessThan(0.05)
    }
  })

  it('takes any time', () => {
    const scale = new LatencyScale()
    scale.add(0)
    expect(scale.percentile(0.5)).toBe(1)
    scale.add(1e12)
    expect(scale.percentile(1)).toBeGreaterThan(3_600_000)
  })
})

describe('readings of the log', () => {
  const valueOf = (readings: readonly Reading[], name: string): number | string | undefined => {
    const found = readings.find((reading) => reading.name === name)
    return found?.kind === 'value' ? found.value : found?.reason
  }

  it('are of what was logged since the sample before', async () => {
    await writeFile(path, '200 9.000\n')
    const clock = new FakeClock()
    const metrics = new LogMetrics(path, clock)
    const first = await metrics.sample({ now: 1, signal: forever })
    expect(valueOf(first, 'http.status_2xx')).toMatch(/the first/)
    expect(valueOf(first, 'http.latency_p95')).toMatch(/the first/)
    const good = Array.from({ length: 98 }, () => '200 0.010\n').join('')
    await appendFile(path, `${good}502 0.100, 0.900\n503 -\n404 - : 0.010\nnonsense\n`)
    await clock.advance(10_000)
    const second = await metrics.sample({ now: 2, signal: forever })
    expect(valueOf(second, 'http.status_2xx')).toBe(9.8)
    expect(valueOf(second, 'http.status_3xx')).toBe(0)
    expect(valueOf(second, 'http.status_4xx')).toBe(0.1)
    expect(valueOf(second, 'http.status_5xx')).toBe(0.2)
    expect(valueOf(second, 'http.latency_p50')).toBeCloseTo(10, 0)
    expect(valueOf(second, 'http.latency_p95')).toBeCloseTo(10, 0)
    await clock.advance(10_000)
    const third = await metrics.sample({ now: 3, signal: forever })
    expect(valueOf(third, 'http.status_2xx')).toBe(0)
    expect(valueOf(third, 'http.latency_p50')).toMatch(/no member answered/)
  })

  it('are absent where lines were missed, but for the percentiles', async () => {
    await writeFile(path, '')
    const clock = new FakeClock()
    const metrics = new LogMetrics(path, clock)
    await metrics.sample({ now: 1, signal: forever })
    await rename(path, `${path}.1`)
    await writeFile(path, '200 0.010\n')
    await clock.advance(1000)
    const readings = await metrics.sample({ now: 2, signal: forever })
    expect(valueOf(readings, 'http.status_2xx')).toMatch(/rotated/)
    expect(valueOf(readings, 'http.latency_p50')).toBeCloseTo(10, 0)
  })

  it('are not 0 when there is no log', async () => {
    const metrics = new LogMetrics(path, new FakeClock())
    await expect(metrics.sample({ now: 1, signal: forever })).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('of one source are given when the other fails', async () => {
    await writeFile(path, '')
    const page = {
      where: 'nowhere',
      ownRequestCount: 0,
      noteOwnRequest() {},
      generation: async () => ({ untold: 'nothing' }),
      counters: async () => {
        throw new FlotillaError('unavailable', 'ask nginx: connect ECONNREFUSED')
      },
    } satisfies StatusPage
    const metrics = new NginxMetrics(page, path, systemClock)
    metrics.wasInForce = true
    const request = { now: 1, signal: forever, group: 'web', instances: [] }
    const readings = await metrics.sample(request)
    expect(readings.map(({ name }) => name)).toEqual(metrics.provides.map(({ name }) => name))
    expect(valueOf(readings, 'http.request_rate')).toBe('ask nginx: connect ECONNREFUSED')
    await rm(path)
    await expect(metrics.sample(request)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await new NginxMetrics(undefined, undefined, systemClock).sample(request)).toEqual([])
  })
})

testMetrics({ describe, it }, 'the access log of nginx', {
  async make() {
    await writeFile(path, '')
    const metrics = new LogMetrics(path, systemClock)
    return {
      metrics: { name: 'log', provides: logMetrics, sample: (request) => metrics.sample(request) },
      failAll: () => rm(path),
    }
  },
})
