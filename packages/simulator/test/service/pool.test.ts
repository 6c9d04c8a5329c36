import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newRandom } from '../../src/random.js'
import { Pool } from '../../src/service/pool.js'
import { fullService } from '../../src/service/service.js'
import { exactPool } from './exact-pool.js'

const service = fullService()

const poolOver = (rates: readonly number[]): { pool: Pool; rates: Float64Array } => ({
  pool: new Pool(service, rates.length),
  rates: Float64Array.from(rates),
})

describe('Pool, by hand', () => {
  it('serves a light load at once', () => {
    const { pool, rates } = poolOver([10, 10])
    pool.run(rates, 0, 2, 1)
    const tally = pool.take()
    expect(tally).toMatchObject({ arrived: 20, served: 20, dropped: 0 })
    expect(tally.slow).toBeLessThan(1e-6)
    expect([...pool.capacity]).toEqual([40, 40])
  })

  it('keeps what exceeds capacity, and serves it later', () => {
    const { pool, rates } = poolOver([50, 50, 20, 20])
    pool.run(rates, 0, 2, 1)
    expect(pool.backlog).toBe(20)
    pool.run(rates, 2, 3, 1)
    expect(pool.backlog).toBe(0)
    expect([...pool.served]).toEqual([40, 40, 40, 0])
  })

  it('counts a request slow that finds a long queue before it', () => {
    const { pool, rates } = poolOver([80, 10])
    pool.run(rates, 0, 1, 1)
    pool.take()
    // 40 wait when the second begins and 10 when it ends: 0.6 s in the middle.
    pool.run(rates, 1, 2, 1)
    expect(pool.take().slow).toBe(10)
  })

  it('drops what would wait over five seconds', () => {
    const { pool, rates } = poolOver([400])
    pool.run(rates, 0, 1, 1)
    expect(pool.take()).toEqual({ arrived: 400, served: 40, dropped: 160, slow: 400 })
    expect(pool.backlog).toBe(200)
  })

  it('drops everything while there is no instance, the backlog too', () => {
    const { pool, rates } = poolOver([60, 5])
    pool.run(rates, 0, 1, 1)
    pool.take()
    pool.run(rates, 1, 2, 0)
    expect(pool.take()).toMatchObject({ arrived: 5, served: 0, dropped: 25 })
    expect(pool.backlog).toBe(0)
  })

  it('counts those slow that lost their capacity, once', () => {
    const { pool, rates } = poolOver([60, 5])
    pool.run(rates, 0, 1, 1)
    const before = pool.take().slow
    pool.run(rates, 1, 2, 0)
    const after = pool.take().slow
    expect(after).toBeGreaterThan(5)
    expect(before + after).toBeLessThanOrEqual(65)
  })

  it('serves at half speed with half an instance', () => {
    const { pool, rates } = poolOver([100])
    pool.run(rates, 0, 1, 1.5)
    expect(pool.take().served).toBe(60)
  })
})

describe('Pool, whatever comes', () => {
  it('conserves requests: arrived = served + dropped + waiting, and none is slow twice', () => {
    const second = fc.record({
      rate: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 500, noNaN: true })),
      instances: fc.oneof(fc.constant(0), fc.double({ min: 0.5, max: 12, noNaN: true })),
    })
    fc.assert(
      fc.property(fc.array(second, { minLength: 1, maxLength: 60 }), (seconds) => {
        const { pool, rates } = poolOver(seconds.map(({ rate }) => rate))
        let dropped = 0
        let served = 0
        let slow = 0
        let arrived = 0
        for (const [index, { instances }] of seconds.entries()) {
          pool.run(rates, index, index + 1, instances)
          const tally = pool.take()
          arrived += tally.arrived
          served += tally.served
          dropped += tally.dropped
          slow += tally.slow
          expect(tally.served).toBeLessThanOrEqual(40 * instances + 1e-9)
          expect(tally.dropped).toBeGreaterThanOrEqual(0)
        }
        expect(served + dropped + pool.backlog).toBeCloseTo(arrived, 6)
        expect(slow).toBeLessThanOrEqual(arrived + 1e-6)
      }),
    )
  })

  it('gives the same when a stretch is run in one call or in many', () => {
    const values = [10, 30, 60, 80, 80, 20, 20, 35, 35]
    const one = poolOver(values)
    const many = poolOver(values)
    one.pool.run(one.rates, 0, values.length, 1.2)
    for (let second = 0; second < values.length; second += 1)
      many.pool.run(many.rates, second, second + 1, 1.2)
    const [a, b] = [one.pool.take(), many.pool.take()]
    expect(a.slow).toBeCloseTo(b.slow, 9)
    expect(a.served).toBeCloseTo(b.served, 9)
    expect([...one.pool.waiting]).toEqual([...many.pool.waiting])
  })
})

describe('Pool under an overload, against exact simulation', () => {
  // A minute of 28 req/s, then 30 s of one and a half times what one instance can do, then a minute of recovery.
  const rates = [...Array<number>(60).fill(28), ...Array<number>(30).fill(60), ...Array<number>(60).fill(24)]
  const runs = 60
  let served = 0
  let dropped = 0
  let slow = 0
  let arrived = 0
  for (let run = 0; run < runs; run += 1) {
    const exact = exactPool({
      servers: 4,
      rates,
      serviceSeconds: 0.1,
      phases: 4,
      dropAfterSeconds: 5,
      waitSeconds: service.slowWaitSeconds,
      answerSeconds: 0.5,
      random: newRandom(run, 'overload'),
    })
    served += exact.served / runs
    dropped += exact.dropped / runs
    slow += exact.answeredOver / runs
    arrived += exact.arrived / runs
  }
  const { pool, rates: typed } = poolOver(rates)
  pool.run(typed, 0, rates.length, 1)
  const tally = pool.take()

  it('serves and drops as many, within three percent of what arrives', () => {
    expect(Math.abs(tally.served - served) / arrived).toBeLessThan(0.03)
    expect(Math.abs(tally.dropped - dropped) / arrived).toBeLessThan(0.03)
  })

  it('has as many slow, within three percent of what arrives', () => {
    expect(Math.abs(tally.slow - slow) / arrived).toBeLessThan(0.03)
  })
})
