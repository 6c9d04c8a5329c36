import { describe, expect, it } from 'vitest'
import { Fleet } from '../../src/layer/fleet.js'
import { fullLayer } from '../../src/layer/layer.js'
import { newRandom } from '../../src/random.js'
import { type Sensing, Sensor } from '../../src/replay/sensor.js'
import { Pool } from '../../src/service/pool.js'
import { fullService } from '../../src/service/service.js'

/** Two instances under 10 req/s, then 30, then 100. */
const rates = Float64Array.from([
  ...Array<number>(20).fill(10),
  ...Array<number>(20).fill(30),
  ...Array<number>(20).fill(100),
])

function newSensor(sensing: Sensing): { sensor: Sensor; fleet: Fleet } {
  const service = fullService()
  const pool = new Pool(service, rates.length)
  pool.run(rates, 0, rates.length, 2)
  const fleet = new Fleet({
    layer: fullLayer({ name: 'l', startMs: 60_000 }),
    group: 'g',
    startAt: 0,
    random: newRandom(1, 'starts'),
  })
  fleet.startWith(2)
  fleet.setDesired(0, 3)
  const sensor = new Sensor({
    sensing,
    pool,
    rates,
    serviceSeconds: service.serviceSeconds,
    startAt: 0,
    random: newRandom(1, 'noise'),
  })
  return { sensor, fleet }
}

const valueOf = (sensor: Sensor, fleet: Fleet, second: number, name: string): number => {
  const found = sensor.read(second, fleet.tracked()).find((reading) => reading.name === name)
  return found?.kind === 'value' ? found.value : Number.NaN
}

describe('Sensor', () => {
  it('reads the mean of its window, as late as told', () => {
    const { sensor, fleet } = newSensor({ noise: 0, windowMs: 10_000, delayMs: 5000 })
    // Seconds 10 to 19, then 15 to 24, then 20 to 29.
    expect([25, 30, 35].map((second) => valueOf(sensor, fleet, second, 'http.request_rate'))).toEqual([
      10, 20, 30,
    ])
  })

  it('reads CPU as what was served of what could be', () => {
    const { sensor, fleet } = newSensor({ noise: 0, windowMs: 10_000, delayMs: 0 })
    expect(valueOf(sensor, fleet, 20, 'cpu')).toBeCloseTo(10 / 80, 12)
    expect(valueOf(sensor, fleet, 60, 'cpu')).toBe(1)
  })

  it('gives CPU of those in service only, and says when it was taken', () => {
    const { sensor, fleet } = newSensor({ noise: 0, metrics: ['cpu'] })
    const readings = sensor.read(30, fleet.tracked())
    expect(readings.map(({ name, instanceId, at }) => [name, instanceId, at])).toEqual([
      ['cpu', 'g-1', 25_000],
      ['cpu', 'g-2', 25_000],
    ])
  })

  it('counts what waits as queue, and with what is served as in flight', () => {
    const { sensor, fleet } = newSensor({ noise: 0, windowMs: 1000, delayMs: 0 })
    // In second 42 the backlog is 3 x 20; 80 served at 0.1 s each are 8 at a time.
    const queue = valueOf(sensor, fleet, 43, 'http.queue')
    expect(queue).toBeGreaterThanOrEqual(60)
    expect(valueOf(sensor, fleet, 43, 'http.in_flight')).toBeCloseTo(queue + 8, 9)
  })

  it('is off by as much noise as told', () => {
    const { sensor, fleet } = newSensor({ noise: 0.03, delayMs: 0 })
    const errors = Array.from(
      { length: 3000 },
      () => valueOf(sensor, fleet, 20, 'http.request_rate') / 10 - 1,
    )
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
    const spread = Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / errors.length)
    expect(Math.abs(mean)).toBeLessThan(0.003)
    expect(spread).toBeCloseTo(0.03, 2)
  })

  it('has the same noise in one metric whether or not there are others', () => {
    const one = newSensor({ metrics: ['http.queue'] })
    const all = newSensor({})
    for (const second of [30, 45, 60]) {
      const alone = valueOf(one.sensor, one.fleet, second, 'http.queue')
      expect(alone).toBe(valueOf(all.sensor, all.fleet, second, 'http.queue'))
    }
  })

  it('has nothing to say before the first window, nor in an outage', () => {
    const early = newSensor({})
    const kinds = early.sensor.read(5, early.fleet.tracked()).map((reading) => reading.kind)
    expect(kinds).toHaveLength(3 + 3)
    expect(new Set(kinds)).toEqual(new Set(['absent']))
    const out = newSensor({ outage: 1 })
    const [reading] = out.sensor.read(50, out.fleet.tracked())
    expect(reading).toMatchObject({ kind: 'absent', reason: 'outage' })
  })
})
