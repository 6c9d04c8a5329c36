import { check, checkOptions } from '@flotilla/core/authoring'
import type { Cloud, ConnectOptions } from '@flotilla/openstack-client'
import * as v from 'valibot'

/** The cloud, the user and the bounds of calls: the options of `connect` of `@flotilla/openstack-client`, and those below. */
export interface OpenStackCloudOptions extends Omit<ConnectOptions, 'clock' | 'attemptTimeoutMs'> {
  /** Bound of one call with its retries; default 60,000. */
  readonly timeoutMs?: number | undefined
  /**
   * How old a list of servers may be that several groups share; default 500. A change by this program makes it out of date at
   * once.
   */
  readonly listMaxAgeMs?: number | undefined
  /**
   * Interval of full lists with more than 20 servers; lists in between have only what has changed. Default 60,000; 0 makes
   * every list a full one. An address, a tag or removed metadata that somebody else changes on a running server is seen with
   * the next full list.
   */
  readonly fullListMs?: number | undefined
  /** How old the project's limits may be; launches since then are taken off. Default 10,000. */
  readonly limitsMaxAgeMs?: number | undefined
}

/** One project of one cloud, which several backends can share. */
export interface OpenStackCloud {
  /** Its name in clouds.yaml, or `envvars`. */
  readonly name: string
  /** The client, for calls of your own. */
  readonly client: Cloud
  /** Closes the connections; may be called twice. Its backends cannot be used afterwards. */
  close(): Promise<void>
}

const defaults = { timeoutMs: 60_000, listMaxAgeMs: 500, fullListMs: 60_000, limitsMaxAgeMs: 10_000 }

const schema = v.looseObject({
  timeoutMs: v.optional(check.milliseconds(1)),
  listMaxAgeMs: v.optional(check.milliseconds()),
  fullListMs: v.optional(check.milliseconds()),
  limitsMaxAgeMs: v.optional(check.milliseconds()),
})

/** What `openstackCloud` takes; those of the client are looked at there. */
export const cloudOptionsSchema: v.GenericSchema = schema

/** A cloud, or where it is. */
export const cloudSchema: v.GenericSchema<string | OpenStackCloud | OpenStackCloudOptions> = check.made(
  'a connection',
  v.custom<string | OpenStackCloud | OpenStackCloudOptions>(
    (value) => (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null),
    'a name in clouds.yaml, the options of openstackCloud, or what it gave',
  ),
)

/** The options with every default filled in, those of the client apart. */
export interface CloudSettings {
  readonly connecting: Omit<ConnectOptions, 'clock' | 'attemptTimeoutMs' | 'timeoutMs'>
  readonly timeoutMs: number
  readonly listMaxAgeMs: number
  readonly fullListMs: number
  readonly limitsMaxAgeMs: number
}

/** @throws FlotillaError `invalid-options` */
export function readCloudOptions(options: OpenStackCloudOptions): CloudSettings {
  const given = checkOptions('openstackCloud', schema, options)
  const {
    timeoutMs: _timeout,
    listMaxAgeMs: _list,
    fullListMs: _full,
    limitsMaxAgeMs: _limits,
    ...connecting
  } = options
  return {
    connecting,
    timeoutMs: given.timeoutMs ?? defaults.timeoutMs,
    listMaxAgeMs: given.listMaxAgeMs ?? defaults.listMaxAgeMs,
    fullListMs: given.fullListMs ?? defaults.fullListMs,
    limitsMaxAgeMs: given.limitsMaxAgeMs ?? defaults.limitsMaxAgeMs,
  }
}
