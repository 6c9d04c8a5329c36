import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DecisionTrace, decisionLogFile, fixed, targetTracking } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import {
  type UnreadableLines,
  readCsvTrace,
  readDecisionLog,
  readJsonTrace,
  simulate,
} from '../../src/index.js'

const invalid = expect.objectContaining({ code: 'invalid-reading' })

describe('readJsonTrace', () => {
  it.each([
    [
      { name: 'a', intervalMs: 60_000, values: [1, 2] },
      { name: 'a', intervalMs: 60_000, values: [1, 2] },
    ],
    [
      { interval: 15, values: [1] },
      { name: 'trace', intervalMs: 15_000, values: [1] },
    ],
    [
      { name: 'b', step: 60, rate: [0.5], start: '1995-07-03T00:00-04:00', licence: 'x' },
      { name: 'b', intervalMs: 60_000, values: [0.5], startAt: Date.UTC(1995, 6, 3, 4) },
    ],
    [
      { name: 'c', step: 60, rate: [1], start: 'Mon' },
      { name: 'c', intervalMs: 60_000, values: [1] },
    ],
  ])('reads %j', (json, trace) => {
    expect(readJsonTrace(JSON.stringify(json))).toEqual(trace)
    expect(readJsonTrace(json)).toEqual(trace)
  })

  it('reads a file that begins with a byte order mark', () => {
    expect(readJsonTrace('\uFEFF{"step":60,"rate":[1]}').values).toEqual([1])
  })

  it('refuses a start in microseconds', () => {
    expect(() => readJsonTrace({ step: 60, rate: [1], start: 1.7e15 })).toThrow('microseconds')
  })

  it.each([['{'], ['[]'], ['null'], ['{"values":[1]}'], ['{"step":60}']])('refuses %s', (text) => {
    expect(() => readJsonTrace(text)).toThrow(invalid)
  })

  it('refuses values that are no rates', () => {
    expect(() => readJsonTrace({ step: 60, rate: [1, 'x'] })).toThrow(
      expect.objectContaining({ field: 'values' }),
    )
  })

  it.each(['nasa-1995', 'azure-vm-2019', 'synth-wiki'])('reads the %s trace', (name) => {
    const file = new URL(`../../../../bench/traces/${name}.json`, import.meta.url)
    const trace = readJsonTrace(readFileSync(file, 'utf8'))
    expect(trace).toMatchObject({ name, intervalMs: 60_000 })
    expect(trace.values.length).toBeGreaterThanOrEqual(5 * 24 * 60)
  })
})

describe('readCsvTrace', () => {
  it('reads times and loads, with headings', () => {
    const text = 'time,host,rps\n2024-01-01T00:00:00Z,a,1.5\n2024-01-01T00:01:00Z,"b, c",2\n'
    expect(readCsvTrace(text, { name: 't' })).toEqual({
      name: 't',
      intervalMs: 60_000,
      startAt: Date.UTC(2024, 0, 1),
      values: Float64Array.from([1.5, 2]),
    })
  })

  it.each([
    ['seconds', '1700000000,1\n1700000015,2\n1700000030,3'],
    ['milliseconds', '1700000000000,1\r\n1700000015000,2\r\n1700000030000,3\r\n'],
    ['semicolons', '1700000000;1\n1700000015;2\n1700000030;3'],
    ['a byte order mark and lines out of order', '\uFEFF1700000030,3\n1700000000,1\n\n1700000015,2'],
  ])('reads %s', (_, text) => {
    expect(readCsvTrace(text)).toMatchObject({
      intervalMs: 15_000,
      startAt: 1_700_000_000_000,
      values: Float64Array.from([1, 2, 3]),
    })
  })

  it('takes times without a zone as UTC, wherever it runs', () => {
    // In Berlin there was no 02:30 on that day.
    const text = '2024-03-31 02:30,1\n2024-03-31T02:31:00,2\n2024-03-31T04:32:00+02:00,3'
    const zone = process.env['TZ']
    process.env['TZ'] = 'Europe/Berlin'
    try {
      expect(readCsvTrace(text)).toMatchObject({ startAt: Date.UTC(2024, 2, 31, 2, 30), intervalMs: 60_000 })
    } finally {
      if (zone === undefined) delete process.env['TZ']
      else process.env['TZ'] = zone
    }
  })

  it('chooses columns by name or place', () => {
    const text = 'a,b,when\n7,1,0\n8,2,60\n'
    expect(readCsvTrace(text, { time: 'when', value: 'b' }).values).toEqual(Float64Array.from([1, 2]))
    expect(readCsvTrace(text, { time: 2, value: 0 }).values).toEqual(Float64Array.from([7, 8]))
  })

  it('reads bare values at an interval', () => {
    expect(readCsvTrace('1\n2\n3', { intervalMs: 5000 })).toMatchObject({
      intervalMs: 5000,
      values: Float64Array.from([1, 2, 3]),
    })
    expect(readCsvTrace('x,1\ny,2', { time: false, intervalMs: 5000 }).values).toEqual(
      Float64Array.from([1, 2]),
    )
  })

  it('averages what falls into an interval, and keeps the value over a gap', () => {
    const text = '0,1\n10,3\n60,5\n240,9'
    expect(readCsvTrace(text, { intervalMs: 60_000 }).values).toEqual(Float64Array.from([2, 5, 5, 5, 9]))
  })

  it('turns requests per interval into requests per second', () => {
    expect(readCsvTrace('0,120\n60,60', { perInterval: true }).values).toEqual(Float64Array.from([2, 1]))
  })

  it.each([
    ['', 'empty'],
    ['time,rps\n', 'no line'],
    ['1,2\n2,x', 'line 2'],
    ['1,2\n2', 'line 2'],
    ['yesterday,2', 'line 1'],
    ['1', 'intervalMs'],
    ['0,1\n1,2\n2,3\n9e12,3', 'more than'],
    ['1700000000000000,1\n1700000015000000,2', 'line 1 has the time 1700000000000000, which is neither'],
    ['a,b\n1,"2', 'line 2 has a quote that is not closed'],
  ])('refuses %j, and says where', (text, where) => {
    expect(() => readCsvTrace(text)).toThrow(invalid)
    expect(() => readCsvTrace(text)).toThrow(where)
  })

  it('refuses a column that is not there', () => {
    expect(() => readCsvTrace('a,b\n1,2', { value: 'c' })).toThrow('no column "c" among a, b')
  })
})

describe('readDecisionLog', () => {
  /** What a group that was simulated on this load wrote. */
  const logged = (metric: 'cpu' | 'http.request_rate'): DecisionTrace[] => {
    const traces: DecisionTrace[] = []
    const target = metric === 'cpu' ? 0.6 : 24
    simulate({
      trace: { name: 'past', intervalMs: 60_000, values: [40, 80, 120, 60], startAt: Date.UTC(2024, 5, 1) },
      layer: 'container',
      policy: targetTracking({ metric, target }),
      sensing: { noise: 0 },
      onDecision: (trace) => traces.push(trace),
    })
    return traces
  }

  it('gives back the load that a group saw, from its lines', () => {
    const text = logged('http.request_rate')
      .map((trace) => JSON.stringify(trace))
      .join('\n')
    const trace = readDecisionLog(text)
    expect(trace).toMatchObject({
      name: 'simulated',
      intervalMs: 15_000,
      startAt: Date.UTC(2024, 5, 1) + 15_000,
    })
    // At 60, 120 and 180 s the last 15 s, 5 s late, lie within one minute.
    expect([3, 7, 11].map((index) => trace.values[index])).toEqual([40, 80, 120])
  })

  it('gives back the load from CPU and what an instance carries', () => {
    const trace = readDecisionLog(logged('cpu'), { metric: 'cpu', ratePerInstance: 40, name: 'again' })
    expect(trace.name).toBe('again')
    expect(trace.values[1]).toBeCloseTo(40, 6)
  })

  it('answers what another policy would have done with it', () => {
    const trace = readDecisionLog(logged('http.request_rate'))
    expect(simulate({ trace, layer: 'vm', policy: fixed(4), max: 9 }).scores.withinSlo).toBe(true)
  })

  it('leaves out and counts what is no decision, wherever it stands', () => {
    const lines = logged('http.request_rate').map((trace) => JSON.stringify(trace))
    const [first = '', ...others] = lines
    const told: UnreadableLines[] = []
    const text = `\uFEFF${first}\n{"group":"si\n${others.join('\n')}\n{"group":"si`
    const trace = readDecisionLog(text, { onUnreadable: (one) => told.push(one) })
    expect(trace.values).toEqual(readDecisionLog(lines.join('\n')).values)
    expect(told).toEqual([{ count: 2, firstLine: 2 }])
  })

  it('reads what a log file holds after a crash in mid-line and a restart', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'flotilla-log-'))
    try {
      const path = join(directory, 'web.jsonl')
      const [first, ...others] = logged('http.request_rate')
      await writeFile(path, `${JSON.stringify(first)}\n{"group":"simula`)
      const log = decisionLogFile({ path })
      for (const trace of others) log.record(trace)
      await log.close()
      const told: UnreadableLines[] = []
      const text = await readFile(path, 'utf8')
      const trace = readDecisionLog(text, { onUnreadable: (one) => told.push(one) })
      expect(trace.values).toHaveLength(others.length)
      expect(told).toEqual([{ count: 1, firstLine: 2 }])
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  it('never mixes groups: one of several has to be chosen', () => {
    const web = logged('http.request_rate')
    const both = [...web, ...web.map((trace) => ({ ...trace, group: 'other', at: trace.at + 1000 }))]
    expect(() => readDecisionLog(both)).toThrow('of 2 groups (simulated, other); say which as group')
    expect(readDecisionLog(both, { group: 'simulated' }).values).toEqual(readDecisionLog(web).values)
    expect(() => readDecisionLog(both, { group: 'none' })).toThrow('no decision of "none"')
  })

  it.each([
    ['{"at":1}', 'no line is a decision'],
    ['{\n{}', 'no line is a decision'],
    ['', 'it is empty'],
    ['{"group":"g","at":1,"metrics":[]}', 'no decision of "g" has a value of http.request_rate'],
    ['{"group":"g","at":1.7e15,"metrics":[{"name":"http.request_rate","mean":1}]}', 'microseconds'],
  ])('refuses %j', (text, why) => {
    expect(() => readDecisionLog(text)).toThrow(invalid)
    expect(() => readDecisionLog(text)).toThrow(why)
  })
})
