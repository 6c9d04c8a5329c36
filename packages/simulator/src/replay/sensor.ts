import { type Reading, type TrackedInstance, isReady } from '@flotilla/core'
import { check } from '@flotilla/core/authoring'
import * as v from 'valibot'
import type { Random } from '../random.js'
import type { Pool } from '../service/pool.js'

/** How well the group can be seen. */
export interface Sensing {
  /** What a reading is the mean over, milliseconds; default 15,000. */
  readonly windowMs?: number | undefined
  /** How old a reading is when the decision is made, milliseconds; default 5000. */
  readonly delayMs?: number | undefined
  /** Deviation of each reading, as a share of its value; default 0.03. */
  readonly noise?: number | undefined
  /** Chance that all readings of a tick are missing, 0 to 1; default 0. */
  readonly outage?: number | undefined
  /** The metrics that there are; default all of `simulatedMetrics`. Fewer make a replay faster. */
  readonly metrics?: readonly string[] | undefined
}

export const sensingSchema: v.GenericSchema<Sensing> = v.strictObject({
  windowMs: v.optional(check.milliseconds(1000)),
  delayMs: v.optional(check.milliseconds()),
  noise: v.optional(check.finiteNumber(0)),
  outage: v.optional(check.finiteNumber(0, 1)),
  metrics: v.optional(v.array(v.picklist(['cpu', 'http.request_rate', 'http.in_flight', 'http.queue']))),
})

export const sensingDefaults = { windowMs: 15_000, delayMs: 5000, noise: 0.03, outage: 0 } as const

/** The metrics that a simulated group gives. `cpu` is of instances, the others are of the group. */
export const simulatedMetrics: readonly string[] = [
  'cpu',
  'http.request_rate',
  'http.in_flight',
  'http.queue',
]

export interface SensorOptions {
  readonly sensing: Sensing | undefined
  readonly pool: Pool
  readonly rates: Float64Array
  readonly serviceSeconds: number
  readonly startAt: number
  readonly random: Random
}

/** Reads the simulated group as its metric sources would. */
export class Sensor {
  readonly #options: SensorOptions
  readonly #windowSeconds: number
  readonly #delaySeconds: number
  readonly #noise: number
  readonly #outage: number
  readonly #metrics: ReadonlySet<string>

  constructor(options: SensorOptions) {
    this.#options = options
    const { windowMs, delayMs, noise, outage } = { ...sensingDefaults, ...options.sensing }
    this.#windowSeconds = Math.max(1, Math.round((windowMs ?? sensingDefaults.windowMs) / 1000))
    this.#delaySeconds = Math.round((delayMs ?? sensingDefaults.delayMs) / 1000)
    this.#noise = noise ?? sensingDefaults.noise
    this.#outage = outage ?? sensingDefaults.outage
    this.#metrics = new Set(options.sensing?.metrics ?? simulatedMetrics)
  }

  /** The readings to be had at this second. */
  read(second: number, instances: readonly TrackedInstance[]): readonly Reading[] {
    const { pool, rates, serviceSeconds, startAt, random } = this.#options
    const metrics = this.#metrics
    // Drawn always, so that leaving a metric out leaves the noise of the others alone.
    const isOut = random.uniform() < this.#outage
    const cpuNoise = this.#factor()
    const rateNoise = this.#factor()
    const inFlightNoise = this.#factor()
    const queueNoise = this.#factor()
    const until = second - this.#delaySeconds
    const at = startAt + until * 1000
    const readings: Reading[] = []
    if (until <= 0 || isOut) {
      this.#readNothing(readings, instances, startAt + second * 1000, isOut ? 'outage' : 'not measured yet')
      return readings
    }

    const from = Math.max(0, until - this.#windowSeconds)
    let arrived = 0
    let served = 0
    let capacity = 0
    let waiting = 0
    for (let past = from; past < until; past += 1) {
      arrived += rates[past] ?? 0
      served += pool.served[past] ?? 0
      capacity += pool.capacity[past] ?? 0
      waiting += pool.waiting[past] ?? 0
    }
    const seconds = until - from
    if (metrics.has('cpu') && capacity > 0) {
      const value = (served / capacity) * cpuNoise
      for (const instance of instances) {
        if (!isReady(instance)) continue
        readings.push({ kind: 'value', name: 'cpu', unit: 'ratio', instanceId: instance.id, at, value })
      }
    }
    const give = (name: string, unit: 'per-second' | 'count', value: number): void => {
      if (metrics.has(name)) readings.push({ kind: 'value', name, unit, at, value })
    }
    give('http.request_rate', 'per-second', (arrived / seconds) * rateNoise)
    give('http.in_flight', 'count', ((waiting + served * serviceSeconds) / seconds) * inFlightNoise)
    give('http.queue', 'count', (waiting / seconds) * queueNoise)
    return readings
  }

  #readNothing(readings: Reading[], instances: readonly TrackedInstance[], at: number, reason: string): void {
    for (const name of simulatedMetrics) {
      if (!this.#metrics.has(name)) continue
      if (name !== 'cpu') {
        const unit = name === 'http.request_rate' ? 'per-second' : 'count'
        readings.push({ kind: 'absent', name, unit, at, reason })
        continue
      }
      for (const { id } of instances) {
        readings.push({ kind: 'absent', name, unit: 'ratio', instanceId: id, at, reason })
      }
    }
  }

  #factor(): number {
    return Math.max(0, 1 + this.#noise * this.#options.random.gauss())
  }
}
