import { check, checkOptions } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { cloudSchema, type OpenStackCloud, type OpenStackCloudOptions } from '../connection/cloud-options.js'

/** Options of `octavia()`. */
export interface OctaviaOptions {
  /** As with `openstack`. */
  readonly cloud?: string | OpenStackCloud | OpenStackCloudOptions | undefined
  /** Name or id of the pool, which only this balancer uses: members that it did not make are removed. */
  readonly pool: string
  /** Name or id of the subnet by which members are reached; default that of the load balancer's own address. */
  readonly subnet?: string | undefined
  /**
   * How long a removed member stays with weight 0 to finish its requests; default 30,000. Octavia counts the connections of a
   * listener, not of a member: a member is taken out earlier only when the listeners have no connection at all.
   */
  readonly drainMs?: number | undefined
  /** Between two looks at these counts; default 1000. */
  readonly pollMs?: number | undefined
  /** How long one change of the pool may take; default 120,000. */
  readonly updateTimeoutMs?: number | undefined
}

export interface OctaviaSettings {
  readonly pool: string
  readonly subnet: string | undefined
  readonly drainMs: number
  readonly pollMs: number
  readonly updateTimeoutMs: number
}

const defaults = { drainMs: 30_000, pollMs: 1000, updateTimeoutMs: 120_000 }

const name = v.pipe(v.string('a name or an id'), v.nonEmpty('a name or an id'))

const schema = v.strictObject({
  cloud: v.optional(cloudSchema),
  pool: name,
  subnet: v.optional(name),
  drainMs: v.optional(check.milliseconds()),
  pollMs: v.optional(check.milliseconds(1)),
  updateTimeoutMs: v.optional(check.milliseconds(1)),
})

/** What `octavia` takes. */
export const octaviaSchema: v.GenericSchema = schema

/** @throws FlotillaError `invalid-options` */
export function readOctaviaOptions(options: OctaviaOptions): OctaviaSettings {
  const given = checkOptions('octavia', schema, options)
  return {
    pool: given.pool,
    subnet: given.subnet,
    drainMs: given.drainMs ?? defaults.drainMs,
    pollMs: given.pollMs ?? defaults.pollMs,
    updateTimeoutMs: given.updateTimeoutMs ?? defaults.updateTimeoutMs,
  }
}
