import { check, checkOptions } from '@flotilla/core/authoring'
import type { Cloud, ConnectOptions } from '@flotilla/openstack-client'
import * as v from 'valibot'

/** Who to be, where, and how long a call may take: the options of `connect` of `@flotilla/openstack-client`. */
export interface OpenStackCloudOptions extends Omit<ConnectOptions, 'clock' | 'attemptTimeoutMs'> {
  /** Bound of one call with its retries; default 60,000. */
  readonly timeoutMs?: number | undefined
  /**
   * How old a list of servers may be and still be given to another group; default 500. What this program does itself
   * makes it out of date at once.
   */
  readonly listMaxAgeMs?: number | undefined
  /**
   * Of more than 20 servers, all are listed so often, and what has changed in between; default 60,000, and 0 lists all
   * every time. An address, a tag or removed metadata that somebody else changes on a running server is seen as late.
   */
  readonly fullListMs?: number | undefined
  /** How old the project's limits may be, with what was launched since taken off; default 10,000. */
  readonly limitsMaxAgeMs?: number | undefined
}

/** One project of one cloud, to be given to several backends. */
export interface OpenStackCloud {
  /** Its name in clouds.yaml, or `envvars`. */
  readonly name: string
  /** The client, for calls of your own. */
  readonly client: Cloud
  /** Closes the connections; may be called twice. The backends on it are of no use afterwards. */
  close(): Promise<void>
}

const defaults = { timeoutMs: 60_000, listMaxAgeMs: 500, fullListMs: 60_000, limitsMaxAgeMs: 10_000 }

const schema = v.looseObject({
  timeoutMs: v.optional(check.milliseconds(1)),
  listMaxAgeMs: v.optional(check.milliseconds()),
  fullListMs: v.optional(check.milliseconds()),
  limitsMaxAgeMs: v.optional(check.milliseconds()),
})

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
