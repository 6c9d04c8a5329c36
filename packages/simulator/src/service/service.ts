import { check } from '@flotilla/core/authoring'
import * as v from 'valibot'

/** What one instance can do, and what its callers expect. */
export interface Service {
  /** Requests that an instance serves at one time; default 4. */
  readonly concurrency?: number | undefined
  /** Mean time to serve one at full speed, milliseconds; default 100. */
  readonly serviceTimeMs?: number | undefined
  /** Squared coefficient of variation of that time: 0 is always the same, 1 exponential; default 0.25. */
  readonly scv?: number | undefined
  /** A request answered within this is in time, milliseconds; default 500. */
  readonly sloMs?: number | undefined
  /** A request that would wait longer is dropped, milliseconds; default 5000. */
  readonly dropAfterMs?: number | undefined
  /**
   * A request that waits longer than this counts as slow, milliseconds. Default: the SLO less the time within which nine
   * of ten requests are served (mean and 1.28 deviations), 336 ms.
   */
  readonly slowWaitMs?: number | undefined
  /** Share of slow requests up to which a size is enough; default 0.01. */
  readonly slowShare?: number | undefined
}

/** A service with every default filled in; times in seconds. */
export interface FullService {
  readonly concurrency: number
  readonly serviceSeconds: number
  readonly scv: number
  readonly dropAfterSeconds: number
  readonly slowWaitSeconds: number
  readonly slowShare: number
  /** Requests per second that one instance serves flat out. */
  readonly ratePerInstance: number
}

export const serviceSchema: v.GenericSchema<Service> = v.strictObject({
  concurrency: v.optional(check.positiveNumber()),
  serviceTimeMs: v.optional(check.positiveNumber()),
  scv: v.optional(check.finiteNumber(0)),
  sloMs: v.optional(check.positiveNumber()),
  dropAfterMs: v.optional(check.finiteNumber(0)),
  slowWaitMs: v.optional(check.finiteNumber(0)),
  slowShare: v.optional(
    v.pipe(
      v.number(),
      v.check((share) => share > 0 && share < 1, 'a share above 0 and under 1'),
    ),
  ),
})

export const serviceDefaults = {
  concurrency: 4,
  serviceTimeMs: 100,
  scv: 0.25,
  sloMs: 500,
  dropAfterMs: 5000,
  slowShare: 0.01,
} as const

/** Standard normal quantile of 0.9. */
const ninetieth = 1.2816

/** Fills in what the caller left out. */
export function fullService(service: Service = {}): FullService {
  const concurrency = service.concurrency ?? serviceDefaults.concurrency
  const serviceTimeMs = service.serviceTimeMs ?? serviceDefaults.serviceTimeMs
  const scv = service.scv ?? serviceDefaults.scv
  const sloMs = service.sloMs ?? serviceDefaults.sloMs
  const slowWaitMs =
    service.slowWaitMs ?? Math.max(0, sloMs - serviceTimeMs * (1 + ninetieth * Math.sqrt(scv)))
  return {
    concurrency,
    serviceSeconds: serviceTimeMs / 1000,
    scv,
    dropAfterSeconds: (service.dropAfterMs ?? serviceDefaults.dropAfterMs) / 1000,
    slowWaitSeconds: slowWaitMs / 1000,
    slowShare: service.slowShare ?? serviceDefaults.slowShare,
    ratePerInstance: (concurrency * 1000) / serviceTimeMs,
  }
}
