import { readFileSync } from 'node:fs'
import { type Policy, fixed, maxOf } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { type Contender, type Summary, compare, peers, readJsonTrace, shape, parts } from '../../src/index.js'
import { bucketsOf } from '../../src/compare/buckets.js'

const small = shape({ name: 'two <hours>', parts: [parts.noise()], durationMs: 7_200_000 })

describe('compare', () => {
  const told: string[] = []
  const comparison = compare([fixed(30), { ...peers.hpa({ target: 0.5 }), name: 'HPA & co' }], {
    traces: [small],
    start: 30,
    layers: ['vm', { name: 'slow', startMs: 300_000 }],
    onCell: ({ contender, layer }) => told.push(`${contender} ${layer}`),
  })

  it('has a cell for each policy, trace and layer, told as they come', () => {
    expect(told).toEqual(['fixed(30) vm', 'HPA & co vm', 'fixed(30) slow', 'HPA & co slow'])
    expect(comparison.cells.map(({ contender, layer }) => `${contender} ${layer}`)).toEqual(told)
  })

  it('scales the load so that its peak needs twenty', () => {
    expect(comparison.scenarios[0]?.demand.reduce((most, one) => Math.max(most, one))).toBeGreaterThanOrEqual(
      20,
    )
    const asIs = compare([fixed(1)], { traces: [small], layers: ['vm'], peak: false })
    expect(asIs.scenarios[0]?.trace.values).toEqual(small.values)
  })

  it('sums up each policy, after the oracle', () => {
    const [oracle, always, hpa] = comparison.summaries
    expect(oracle).toMatchObject({ contender: 'oracle', withinSlo: 2, costVsOracle: 1 })
    expect(always).toMatchObject({ contender: 'fixed(30)', cellCount: 2, adaptationsPerDay: 0 })
    const costs = comparison.cells
      .filter((cell) => cell.contender === 'HPA & co')
      .map(({ simulation }) => simulation.scores)
    const [a, b] = costs.map((scores) => scores.costVsOracle)
    expect(hpa?.costVsOracle).toBeCloseTo(Math.sqrt((a ?? 0) * (b ?? 0)), 9)
  })

  it('prints a table with a line for each', () => {
    const lines = comparison.table().split('\n')
    expect(lines).toHaveLength(2 + 3)
    expect(lines[0]).toMatch(/^policy +within SLO +cost\/oracle +slow % +J 0\.1/)
    expect(lines[3]).toMatch(/^fixed\(30\) +2 of 2 /)
  })

  it('draws a picture with a row for each policy, and nothing unescaped', () => {
    const picture = comparison.svg({ layer: 'slow' })
    expect(picture).toMatch(/^<svg [^>]*viewBox="0 0 1180 \d+"/)
    expect(picture).toContain('two &#60;hours&#62; on slow')
    expect(picture).toContain('HPA &#38; co')
    expect(picture.match(/>slow</g)).toHaveLength(2)
    expect(picture).not.toMatch(/NaN|Infinity|undefined/)
    expect(comparison.svg({ contenders: ['fixed(30)'], fromMs: 3_600_000 }).match(/>slow</g)).toHaveLength(1)
  })

  it.each([
    ['trace', { trace: 'none' }],
    ['layer', { trace: small.name, layer: 'none' }],
    ['contenders', { contenders: ['none'] }],
    ['toMs', { fromMs: 10_000, toMs: 5000 }],
    ['fromMs', { fromMs: 7_200_000 }],
  ])('names %s when there is no such picture', (field, options) => {
    expect(() => comparison.svg(options)).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })

  it('makes a page that holds the table and every picture', () => {
    const page = comparison.html()
    expect(page.match(/<svg /g)).toHaveLength(2)
    expect(page.match(/<tr>/g)).toHaveLength(4)
    expect(page).not.toMatch(/<script|src=|href=/)
  })

  it.each([
    ['traces', { traces: [] }],
    ['layers', { traces: [small], layers: [] }],
    ['peak', { traces: [small], peak: 0 }],
  ])('names %s when asked wrongly', (field, options) => {
    expect(() => compare([fixed(1)], options)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })

  it('refuses two of one name, which could not be told apart', () => {
    expect(() => compare([fixed(1), fixed(1)], { traces: [small] })).toThrow('policies with a name each')
    expect(() => compare([fixed(1)], { traces: [small, small] })).toThrow(
      expect.objectContaining({ code: 'invalid-options', field: 'traces' }),
    )
  })

  it('counts the decisions in which a policy itself failed, and shows them', () => {
    const broken = (name: string, propose: () => unknown): Contender => ({
      name,
      policy: maxOf({ name, metrics: [], evaluate: propose } as unknown as Policy, fixed(2)),
    })
    const failing = compare(
      [
        fixed(2),
        broken('throws', () => {
          throw new Error('no')
        }),
        broken('NaN', () => ({ proposal: { kind: 'count', count: NaN, reason: '' } })),
        broken('nothing', () => ({})),
        broken('cannot tell', () => ({ proposal: { kind: 'cannot-tell', reason: 'a reading is missing' } })),
      ],
      { traces: [small], layers: ['vm'] },
    )
    expect(failing.summaries.map(({ failedPercent }) => failedPercent)).toEqual([0, 0, 100, 100, 100, 0])
    expect(failing.table().split('\n')[0]).toMatch(/failed %$/)
    expect(failing.svg()).toContain('failed in 480 of 480 decisions')
    expect(comparison.table()).not.toContain('failed %')
  })

  it('has a number for a load without a request', () => {
    const none = { name: 'none', intervalMs: 60_000, values: [0, 0, 0] }
    const idle = compare([fixed(0), fixed(1)], { traces: [none], layers: ['vm'], min: 0, peak: false })
    expect(idle.summaries.map(({ costVsOracle }) => costVsOracle)).toEqual([1, 1, Infinity])
    expect(idle.table()).toContain('∞')
    expect(idle.svg()).not.toMatch(/NaN|Infinity/)
  })

  it('draws hostile and long names as text of a well-formed picture', () => {
    const name = `a\u0000\u001b[31m\ud800${'long '.repeat(30)}`
    const picture = compare([{ ...fixed(1), name, policy: fixed(1) }], {
      traces: [{ ...small, name: '\u0008bell' }],
      layers: ['vm'],
    }).svg()
    // eslint-disable-next-line no-control-regex
    expect(picture).not.toMatch(/[\u0000-\u0009\u000b-\u001f]|\p{Surrogate}/u)
    expect(picture).toContain('…<title>')
  })

  it('needs a policy', () => {
    expect(() => compare([], { traces: [small] })).toThrow('at least one policy')
    const bad = { name: 'x', policy: 5 } as unknown as Contender
    expect(() => compare([bad], { traces: [small] })).toThrow(expect.objectContaining({ field: 'policy' }))
  })
})

describe('bucketsOf', () => {
  it('keeps every request when it draws many intervals as one', () => {
    const { simulation } = compare([fixed(3)], { traces: [small], layers: ['vm'] }).cells[0] ?? {}
    if (simulation === undefined) throw new Error('one cell was expected')
    const { timeline } = simulation
    const whole = bucketsOf(timeline, 0, timeline.at.length, 1)
    expect(whole).toHaveLength(1)
    expect(whole[0]?.slowShare).toBeCloseTo(simulation.scores.slowPercent / 100, 9)
    expect(bucketsOf(timeline, 0, timeline.at.length, 100)).toHaveLength(100)
    expect(bucketsOf(timeline, 10, 12, 100)).toHaveLength(2)
  })
})

describe('the peers on three traces', () => {
  const traces = ['nasa-1995', 'azure-vm-2019', 'synth-wiki'].map((name) => {
    const trace = readJsonTrace(
      readFileSync(new URL(`../../../../bench/traces/${name}.json`, import.meta.url), 'utf8'),
    )
    // Half a day is enough to tell them apart.
    return { ...trace, values: trace.values.slice(0, 12 * 60) }
  })
  const { summaries } = compare(
    [
      ...[0.3, 0.5, 0.7, 0.8].map((target) => peers.hpa({ target })),
      ...[0.5, 0.7, 0.9].map((share) => peers.keda({ perInstance: 38.2 * share })),
      peers.react(),
      peers.adapt(),
      peers.conpaas(),
      peers.loops.kvmHost(),
    ],
    { traces, layers: ['container', 'cloud'] },
  )
  const of = (name: string): Summary => {
    const found = summaries.find(({ contender }) => contender.startsWith(name))
    if (found === undefined) throw new Error(`no ${name}`)
    return found
  }
  const cost = (...names: string[]): number[] => names.map((name) => of(name).costVsOracle)
  const slow = (...names: string[]): number[] => names.map((name) => of(name).slowPercent)
  const rising = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b)

  it.each([
    [['HPA cpu 80', 'HPA cpu 70', 'HPA cpu 50', 'HPA cpu 30']],
    [['KEDA 34.4', 'KEDA 26.7', 'KEDA 19.1']],
    [['loop', 'ConPaaS', 'Adapt', 'React', 'HPA cpu 70']],
  ])('cost the more in the order %s', (names) => {
    expect(cost(...names)).toEqual(rising(cost(...names)))
  })

  it.each([
    [['HPA cpu 30', 'HPA cpu 50', 'HPA cpu 70', 'HPA cpu 80']],
    [['KEDA 19.1', 'KEDA 26.7', 'KEDA 34.4']],
    [['HPA cpu 50', 'HPA cpu 70', 'React', 'ConPaaS', 'loop']],
  ])('are the slower in the order %s', (names) => {
    expect(slow(...names)).toEqual(rising(slow(...names)))
  })

  it('none is as good as the oracle at any price', () => {
    const [oracle, ...others] = summaries
    for (const other of others) {
      for (const [index, judged] of other.judged.entries())
        expect(judged).toBeGreaterThan(oracle?.judged[index] ?? 0)
    }
  })
})
