import { describe, expect, it } from 'vitest'
import { adaptive, type AdaptiveOptions } from '../../../src/policies/adaptive/adaptive.js'
import { ReadingSet } from '../../../src/metrics/readings/reading-set.js'
import type { Json, Observation, Proposal, Reading } from '../../../src/index.js'
import { seededRandom } from '../../../src/testing/policy/random.js'
import { at, instance } from '../../observations.js'

const onLoad = { load: 'rate', queue: 'queue' } as const

interface Moment {
  readonly tick: number
  readonly rate: number
  readonly count: number
  readonly queue?: number
  readonly cpu?: number | undefined
  readonly rateMissing?: boolean
}

/** A group whose instances each carry 40 a second, looked at every 15 s. */
function moment({
  tick,
  rate,
  count,
  queue = 0,
  cpu = Math.min(1, rate / (40 * count)),
  rateMissing,
}: Moment): {
  readonly readings: ReadingSet
  readonly observation: Observation
  readonly now: number
} {
  const now = at + tick * 15_000
  const instances = Array.from({ length: count }, (_, index) => instance(`i${index}`))
  const readings: Reading[] = instances.map(({ id }) => ({
    kind: 'value',
    name: 'cpu',
    unit: 'ratio',
    instanceId: id,
    at: now - 5000,
    value: cpu,
  }))
  const group = { unit: 'per-second', at: now - 5000 } as const
  readings.push(
    rateMissing === true
      ? { ...group, kind: 'absent', name: 'rate', reason: 'gone' }
      : { ...group, kind: 'value', name: 'rate', value: rate },
    { ...group, kind: 'value', name: 'queue', unit: 'count', value: queue },
  )
  return {
    readings: new ReadingSet(readings),
    observation: { group: 'web', at: now, desired: count, instances },
    now,
  }
}

/** What it has learnt from so many intervals of steady load, and the count it ended at. */
function taught(
  options: AdaptiveOptions,
  rate: number,
  ticks = 400,
): { state: Json | undefined; count: number } {
  const policy = adaptive(options)
  let state: Json | undefined
  let count = 12
  for (let tick = 0; tick < ticks; tick += 1) {
    const result = policy.evaluate({ ...moment({ tick, rate, count }), state })
    state = result.state
    if (result.proposal.kind === 'count') count = result.proposal.count
  }
  return { state, count }
}

const countOf = (proposal: Proposal): number => (proposal.kind === 'count' ? proposal.count : Number.NaN)

describe('adaptive', () => {
  it('learns what an instance carries, and comes near the fewest that carry a steady load', () => {
    for (const options of [onLoad, {}]) {
      // 400 a second keep ten of them full.
      const { count } = taught(options, 400)
      expect(count).toBeGreaterThanOrEqual(11)
      expect(count).toBeLessThanOrEqual(13)
    }
  })

  it('tracks the CPU while it still learns, and says so', () => {
    const { proposal } = adaptive(onLoad).evaluate({
      ...moment({ tick: 0, rate: 120, count: 4 }),
      state: undefined,
    })
    expect(countOf(proposal)).toBe(6)
    expect(proposal.reason).toMatch(/^still learning, 0 of 2 forecasts checked: cpu 0.75 over 4/)
  })

  it('says each number of its decision', () => {
    const { state, count } = taught(onLoad, 400)
    const { proposal } = adaptive(onLoad).evaluate({ ...moment({ tick: 400, rate: 400, count }), state })
    expect(proposal.reason).toMatch(
      /^forecast \d+ at \+\d+ s \(\w+\), error q\d+ \+[\d.]+: \d+; one instance carries 3\d(\.\d)? → 1\d/,
    )
  })

  it('goes by what the balancer tells of the group without being told, where there is such a thing', () => {
    const named: Readonly<Record<string, string>> = { rate: 'http.request_rate', queue: 'http.queue' }
    const renamed = (given: ReturnType<typeof moment>): ReturnType<typeof moment> => {
      const readings = given.readings.all.map((one) => ({ ...one, name: named[one.name] ?? one.name }))
      return { ...given, readings: new ReadingSet(readings) }
    }
    const { state, count } = taught(onLoad, 400)
    const given = moment({ tick: 400, rate: 900, count, queue: 50 })
    const told = adaptive(onLoad).evaluate({ ...given, state })
    expect(adaptive().evaluate({ ...renamed(given), state }).proposal).toEqual(told.proposal)
    const byCpu = adaptive({ load: false, queue: false })
    expect(byCpu.evaluate({ ...renamed(given), state }).proposal).toEqual(
      adaptive().evaluate({ ...given, state }).proposal,
    )
    expect(adaptive()).toMatchObject({
      metrics: ['cpu'],
      optionalMetrics: ['http.request_rate', 'http.queue'],
    })
    expect(byCpu).toMatchObject({ metrics: ['cpu'], optionalMetrics: [] })
    expect(adaptive(onLoad)).toMatchObject({ metrics: ['cpu', 'rate', 'queue'], optionalMetrics: [] })
    // What is the load itself is no queue beside it.
    expect(adaptive({ load: 'http.queue' })).toMatchObject({
      metrics: ['cpu', 'http.queue'],
      optionalMetrics: [],
    })
  })

  describe('when the balancer tells nothing', () => {
    const rateName = 'http.request_rate'
    const absent = (name: string, readAt: number): Reading => ({
      kind: 'absent',
      name,
      unit: 'count',
      at: readAt,
      reason: 'off',
    })
    const cpuOnly = (
      given: ReturnType<typeof moment>,
      ...more: readonly Reading[]
    ): ReturnType<typeof moment> => {
      const cpu = given.readings.all.filter(({ name }) => name === 'cpu')
      return { ...given, readings: new ReadingSet([...cpu, ...more]) }
    }
    /** Taught by a balancer that told the load up to the tick 400. */
    const taughtByBalancer = (): { state: Json | undefined; count: number } => {
      let state: Json | undefined
      let count = 12
      for (let tick = 0; tick < 400; tick += 1) {
        const given = moment({ tick, rate: 400, count })
        const rate = { kind: 'value', name: rateName, unit: 'per-second', at: given.now, value: 400 } as const
        const result = adaptive().evaluate({ ...cpuOnly(given, rate), state })
        state = result.state
        count = countOf(result.proposal)
      }
      return { state, count }
    }
    /** The count at a tick when the CPU is idle and the rate absent since the tick 400. */
    const countAt = (last: number): { count: number; before: number; reason: string } => {
      const { state, count: before } = taughtByBalancer()
      const given = moment({ tick: last, rate: 40, count: before, cpu: 0.05 })
      const { proposal } = adaptive().evaluate({ ...cpuOnly(given, absent(rateName, given.now)), state })
      return { count: countOf(proposal), before, reason: proposal.reason }
    }

    it('never shrinks while what it told until lately is missing', () => {
      const { count, before, reason } = countAt(400 + 200)
      expect(count).toBe(before)
      expect(reason).toContain(`${rateName} missing`)
    })

    it('goes by the CPU again when it has told nothing for an hour', () => {
      const { count, before } = countAt(400 + 260)
      expect(count).toBeLessThan(before)
    })

    it('is not held up by what was never there, such as the queue of a proxy that has none', () => {
      let state: Json | undefined
      let count = 12
      for (let tick = 0; tick < 900; tick += 1) {
        const given = moment({ tick, rate: tick < 400 ? 400 : 40, count })
        const readings = [absent('http.queue', given.now), absent(rateName, given.now)]
        const result = adaptive().evaluate({ ...cpuOnly(given, ...readings), state })
        state = result.state
        count = countOf(result.proposal)
      }
      expect(count).toBeLessThanOrEqual(3)
    })
  })

  it('counts the load in CPU when there is no other', () => {
    const { state, count } = taught({}, 400)
    const { proposal } = adaptive().evaluate({ ...moment({ tick: 400, rate: 400, count }), state })
    expect(proposal.reason).toMatch(/^forecast 10(\.\d)? instances' worth of CPU at \+\d+ s/)
  })

  it('counts a wait by half in the interval in which it began, and in full in the next', () => {
    const { state, count } = taught(onLoad, 400)
    const lateIn = (known: Json | undefined): number =>
      (known as { experience: { late: number } }).experience.late
    const states = [state]
    for (const tick of [400, 401])
      states.push(
        adaptive(onLoad).evaluate({
          ...moment({ tick, rate: 400, count, queue: 2000 }),
          state: states.at(-1),
        }).state,
      )
    const [before = 0, first = 0, second = 0] = states.map(lateIn)
    // Of a load of ten instances, with what was known before fading by 1/4000.
    expect(first - before).toBeCloseTo(5, 1)
    expect(second - first).toBeCloseTo(10, 1)
  })

  it('grows at once when requests wait, and says what for', () => {
    const { state, count } = taught(onLoad, 400)
    const input = moment({ tick: 400, rate: 700, count, queue: 600 })
    const { proposal } = adaptive(onLoad).evaluate({ ...input, state })
    expect(countOf(proposal)).toBeGreaterThan(17)
    expect(proposal.reason).toMatch(/overload seen \+200 %, backlog \+40/)
  })

  it('takes a queue that is always 0 for no proof: it provides as much as where there is none', () => {
    const load = { load: 'rate' } as const
    const after = (options: AdaptiveOptions): { count: number; reason: string } => {
      const { state, count } = taught(options, 400)
      // Full, and nothing waits: the queue of a proxy that has none.
      const { proposal } = adaptive(options).evaluate({ ...moment({ tick: 400, rate: 470, count }), state })
      return { count: countOf(proposal), reason: proposal.reason }
    }
    expect(after({ ...load, queue: 'queue' })).toEqual(after({ ...load, queue: false }))
  })

  it('keeps the hold of an on-off load through its pauses, once it knows them', () => {
    const policy = adaptive(onLoad)
    let state: Json | undefined
    let count = 2
    const counts: number[] = []
    // Ten minutes of ten instances' load, ten minutes of nearly none.
    for (let tick = 0; tick < 80 * 8; tick += 1) {
      const rate = tick % 80 < 40 ? 400 : 12
      const queue = Math.max(0, rate - 40 * count)
      const result = policy.evaluate({ ...moment({ tick, rate, count, queue }), state })
      state = result.state
      count = countOf(result.proposal)
      counts.push(count)
    }
    for (const pause of [5, 6, 7]) {
      expect(Math.min(...counts.slice(pause * 80 + 45, pause * 80 + 80))).toBeGreaterThanOrEqual(10)
    }
  })

  it('starts for a daily rise before it comes, once it proved itself, and says what it is like', () => {
    const policy = adaptive(onLoad)
    let state: Json | undefined
    let count = 2
    const midnight = Math.ceil(at / 86_400_000) * 86_400_000
    const offset = (midnight - at) / 15_000
    const eight = 8 * 240
    let firstAt = -1
    let reason = ''
    // Looked at every minute.
    for (let tick = 0; tick < 2 * 5760 + eight; tick += 4) {
      const ofDay = tick % 5760
      const rate = ofDay >= eight && ofDay < 18 * 240 ? 400 : 60
      const queue = Math.max(0, rate - 40 * count)
      const given = moment({ tick: offset + tick, rate, count, queue })
      const result = policy.evaluate({ ...given, state })
      state = result.state
      count = countOf(result.proposal)
      if (tick > 2 * 5760 + eight - 40 && count >= 10 && firstAt < 0) {
        firstAt = tick - 2 * 5760
        reason = result.proposal.reason
      }
    }
    expect(firstAt).toBeGreaterThan(0)
    expect(firstAt).toBeLessThan(eight)
    expect(reason).toMatch(/^forecast (39|40)\d at \+\d+ s \(like other days, 0[78]:\d\d UTC\)/)
  })

  it('grows from a full CPU, which hides the load', () => {
    const { state, count } = taught({}, 400)
    const { proposal } = adaptive().evaluate({ ...moment({ tick: 400, rate: 1000, count }), state })
    expect(countOf(proposal)).toBeGreaterThanOrEqual(1.2 * count)
  })

  it('never shrinks while its load is missing, and grows by the CPU', () => {
    const { state, count } = taught(onLoad, 400)
    const missing = { tick: 400, rate: 0, count, rateMissing: true }
    const idle = adaptive(onLoad).evaluate({ ...moment({ ...missing, cpu: 0.1 }), state }).proposal
    expect(countOf(idle)).toBe(count)
    expect(idle.reason).toContain('rate missing')
    const busy = adaptive(onLoad).evaluate({ ...moment({ ...missing, cpu: 1 }), state }).proposal
    expect(countOf(busy)).toBeGreaterThan(count)
  })

  it('only forecasts when told to', () => {
    const { state, count } = taught(onLoad, 400)
    const input = { ...moment({ tick: 400, rate: 800, count }), state }
    const asked = adaptive(onLoad).evaluate(input)
    const silent = adaptive({ ...onLoad, forecastOnly: true }).evaluate(input)
    expect(silent.proposal).toEqual({
      kind: 'no-opinion',
      reason: `would ask for ${countOf(asked.proposal)}: ${asked.proposal.reason}`,
    })
    expect(silent.state).toEqual(asked.state)
  })

  it('never asks for fewer at more load, from any state it comes to', () => {
    const random = seededRandom(7)
    for (const options of [onLoad, {}]) {
      const policy = adaptive(options)
      let state: Json | undefined
      let count = 5
      for (let tick = 0; tick < 120; tick += 1) {
        const counts = [0, 0.3, 0.7, 1, 1.5, 4].map((factor) => {
          const rate = 300 * factor
          const queue = Math.max(0, rate - 40 * count)
          return countOf(policy.evaluate({ ...moment({ tick, rate, count, queue }), state }).proposal)
        })
        expect(counts).toEqual(counts.toSorted((a, b) => a - b))
        const rate = 100 + 500 * random() ** 3
        const next = policy.evaluate({
          ...moment({ tick, rate, count, queue: Math.max(0, rate - 40 * count) }),
          state,
        })
        state = next.state
        count = Math.min(30, countOf(next.proposal))
      }
    }
  })

  it('keeps its state small, whatever it sees', () => {
    const random = seededRandom(3)
    const policy = adaptive(onLoad)
    let state: Json | undefined
    for (let tick = 0; tick < 600; tick += 1) {
      const rate = 10 ** (12 * random())
      const queue = 10 ** (10 * random())
      // A slow start makes many forecasts wait.
      const input = moment({ tick, rate, queue, count: 1 + Math.floor(9 * random()) })
      const coming = { ...instance('slow', 'launching'), createdAt: at - 3_600_000 }
      const observation = { ...input.observation, instances: [...input.observation.instances, coming] }
      state = policy.evaluate({ ...input, observation, state }).state
    }
    expect(JSON.stringify(state).length).toBeLessThan(40_000)
  })

  it.each([
    ['of another version', (state: object) => ({ ...state, version: 0 })],
    ['of junk', () => ['junk', { version: 1 }]],
    ['with a hole', (state: object) => ({ ...state, records: [null, {}] })],
    ['with what is no number', (state: object) => ({ ...state, overload: 'NaN' })],
    [
      'with a negative capacity',
      (state: object) => ({ ...state, capacity: { perInstance: -1, sampleCount: 1 } }),
    ],
  ])('begins anew from a state %s', (_, spoilt) => {
    const { state } = taught(onLoad, 400)
    const input = moment({ tick: 400, rate: 400, count: 12 })
    const given = spoilt(state as object) as Json
    expect(adaptive(onLoad).evaluate({ ...input, state: given })).toEqual(
      adaptive(onLoad).evaluate({ ...input, state: undefined }),
    )
  })

  it.each([
    ['load', { load: 'cpu' }],
    ['load', { load: true }],
    ['queue', { load: 'rate', queue: 'rate' }],
    ['cpu', { cpu: '' }],
    ['without.0', { without: ['nothing'] }],
  ])('refuses a bad %s', (field, options) => {
    const build = (): unknown => adaptive(options as unknown as AdaptiveOptions)
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})
