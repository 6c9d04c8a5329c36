import { checkOptions, invalidOption, check } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { type FullLayer, type Layer, type LayerName, fullLayer, layerSchema, layers } from '../layer/layer.js'
import { newRandom } from '../random.js'
import { type Oracle, runOracle } from '../score/oracle.js'
import { DemandCurve } from '../service/demand.js'
import { type FullService, type Service, fullService, serviceSchema } from '../service/service.js'
import { type Between, type Trace, defaultStartAt, ratesOf, traceSchema } from '../trace.js'
import { type Sensing, sensingSchema } from './sensor.js'

/** What is replayed, apart from the policy. */
export interface ScenarioOptions {
  readonly trace: Trace
  /** Where the instances run: one of `layers` by name, or one of your own. */
  readonly layer: Layer | LayerName
  readonly service?: Service | undefined
  /** Fewest instances; default 1. */
  readonly min?: number | undefined
  /** Most instances; default one and a half times the largest demand. */
  readonly max?: number | undefined
  /** From one decision to the next, milliseconds, whole seconds; default 15,000. */
  readonly intervalMs?: number | undefined
  /** Instances in service when the replay begins; default the demand of the first second. */
  readonly start?: number | undefined
  readonly sensing?: Sensing | undefined
  /** How the load runs between two values; default `hold`. */
  readonly between?: Between | undefined
  /** The same seed gives the same replay; default 1. */
  readonly seed?: number | undefined
}

/** A replay made ready: what every policy that is compared on it shares. */
export interface Scenario {
  readonly trace: Trace
  readonly layer: FullLayer
  readonly service: FullService
  readonly min: number
  readonly max: number
  readonly intervalSeconds: number
  readonly start: number
  readonly sensing: Sensing | undefined
  readonly seed: number
  /** Epoch milliseconds. */
  readonly startAt: number
  /** By second: requests, and fewest instances that serve them in time, within `min` and not over `max`. */
  readonly rates: Float64Array
  readonly demand: Int32Array
  readonly oracle: Oracle
}

export const scenarioEntries: {
  readonly trace: v.GenericSchema<Trace>
  readonly layer: v.GenericSchema<Layer | LayerName>
  readonly service: v.OptionalSchema<v.GenericSchema<Service>, undefined>
  readonly min: v.OptionalSchema<v.GenericSchema<number>, undefined>
  readonly max: v.OptionalSchema<v.GenericSchema<number>, undefined>
  readonly intervalMs: v.OptionalSchema<v.GenericSchema<number>, undefined>
  readonly start: v.OptionalSchema<v.GenericSchema<number>, undefined>
  readonly sensing: v.OptionalSchema<v.GenericSchema<Sensing>, undefined>
  readonly between: v.OptionalSchema<v.GenericSchema<Between>, undefined>
  readonly seed: v.OptionalSchema<v.GenericSchema<number>, undefined>
} = {
  trace: traceSchema,
  layer: v.union(
    [v.picklist(['container', 'vm', 'cloud']), layerSchema],
    'container, vm, cloud or a layer of your own',
  ),
  service: v.optional(serviceSchema),
  min: v.optional(check.wholeNumber()),
  max: v.optional(check.wholeNumber(1)),
  intervalMs: v.optional(check.milliseconds(1000)),
  start: v.optional(check.wholeNumber()),
  sensing: v.optional(sensingSchema),
  between: v.optional(v.picklist(['hold', 'linear'])),
  seed: v.optional(check.wholeNumber()),
}

/**
 * Makes a replay ready: the demand of each second, and what an oracle would have paid. Use it with `replay` to run many
 * policies on one load; `simulate` does both.
 *
 * @throws FlotillaError `invalid-options`
 */
export function newScenario(options: ScenarioOptions): Scenario {
  checkOptions('newScenario', v.strictObject(scenarioEntries), options)
  const { trace, sensing, min = 1, seed = 1, intervalMs = 15_000, between } = options
  if (intervalMs % 1000 !== 0) throw invalidOption('newScenario', 'intervalMs', intervalMs, 'whole seconds')
  const layer = fullLayer(typeof options.layer === 'string' ? layers[options.layer] : options.layer)
  const service = fullService(options.service)
  const rates = ratesOf(trace, between)
  checkUnit(rates, service)
  const curve = new DemandCurve(service)
  const needed = curve.ofEach(rates)
  let largest = 1
  for (const count of needed) largest = Math.max(largest, count)
  const max = options.max ?? Math.max(min, Math.ceil(1.5 * largest))
  if (max < min) throw invalidOption('newScenario', 'max', max, `at least min (${min})`)
  const demand = needed.map((count) => Math.max(min, count))
  const random = newRandom(seed, 'starts of the oracle')
  return {
    trace,
    layer,
    service,
    min,
    max,
    intervalSeconds: intervalMs / 1000,
    start: Math.min(max, options.start ?? demand[0] ?? min),
    sensing,
    seed,
    startAt: trace.startAt ?? defaultStartAt,
    rates,
    demand,
    oracle: runOracle({ rates, demand, layer, service, min, max, random }),
  }
}

/** More instances than any group has: such a load is of another unit, or of another service. */
const mostInstances = 100_000

function checkUnit(rates: Float64Array, { ratePerInstance }: FullService): void {
  let highest = 0
  for (const rate of rates) highest = Math.max(highest, rate)
  if (highest <= mostInstances * ratePerInstance) return
  const most = `at most ${mostInstances} instances of ${ratePerInstance} requests per second`
  throw invalidOption('newScenario', 'trace.values', highest, `requests per second that need ${most}`)
}
