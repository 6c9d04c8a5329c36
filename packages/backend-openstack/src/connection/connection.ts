import { FlotillaError, systemClock, type CallOptions, type Clock } from '@flotilla/core'
import { check, checkOptions, withDeadline, KeyedQueue } from '@flotilla/core/authoring'
import { OpenStackError, connect, type Cloud, type ConnectOptions } from '@flotilla/openstack-client'
import * as v from 'valibot'
import { fromOpenStack, type Attempt } from '../errors.js'
import { Fleet, type FleetAges } from '../cloud/server-list.js'
import { Headroom } from '../room/headroom.js'

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

/**
 * One project of a cloud for several backends: it is asked once for all their groups, however many there are. Files are
 * read now; nothing is sent before the first call.
 *
 * @throws FlotillaError `invalid-options`
 */
export function openstackCloud(options: OpenStackCloudOptions = {}): OpenStackCloud {
  return openConnection(options)
}

/** @throws FlotillaError `invalid-options` */
export function openConnection(options: OpenStackCloudOptions, clock: Clock = systemClock): Connection {
  const { timeoutMs, listMaxAgeMs, fullListMs, limitsMaxAgeMs } = checkOptions(
    'openstackCloud',
    schema,
    options,
  )
  const bound = timeoutMs ?? defaults.timeoutMs
  const { listMaxAgeMs: _list, fullListMs: _full, limitsMaxAgeMs: _limits, ...connecting } = options
  try {
    const client = connect({ ...connecting, timeoutMs: bound, attemptTimeoutMs: bound })
    const ages = {
      fleet: {
        maxAgeMs: listMaxAgeMs ?? defaults.listMaxAgeMs,
        fullListMs: fullListMs ?? defaults.fullListMs,
      },
      limitsMaxAgeMs: limitsMaxAgeMs ?? defaults.limitsMaxAgeMs,
    }
    return new Connection({ client, clock, timeoutMs: bound, ...ages })
  } catch (error) {
    if (error instanceof OpenStackError) throw fromOpenStack(error, { what: 'openstackCloud' })
    throw error
  }
}

/** A connection, and whether it is somebody else's to close. */
export interface GivenConnection {
  readonly connection: Connection
  readonly isShared: boolean
}

/** What a backend was given: a name in clouds.yaml, a connection, or its options. */
export function givenConnection(
  given: string | OpenStackCloud | OpenStackCloudOptions = {},
): GivenConnection {
  if (given instanceof Connection) return { connection: given, isShared: true }
  const options = typeof given === 'string' ? { cloud: given } : (given as OpenStackCloudOptions)
  return { connection: openConnection(options), isShared: false }
}

interface ConnectionParts {
  readonly client: Cloud
  readonly clock: Clock
  readonly timeoutMs: number
  readonly fleet: FleetAges
  readonly limitsMaxAgeMs: number
}

/** The client and what all who use it share. */
export class Connection implements OpenStackCloud {
  readonly name: string
  readonly client: Cloud
  readonly clock: Clock
  readonly timeoutMs: number
  /** Every server of ours in the project, of every group and scope. */
  readonly fleet: Fleet
  /** What the project may still have. */
  readonly headroom: Headroom
  /** By group and token: launches of one token follow each other. */
  readonly launches: KeyedQueue = new KeyedQueue()
  readonly #background = new Set<Promise<void>>()

  constructor({ client, clock, timeoutMs, fleet, limitsMaxAgeMs }: ConnectionParts) {
    this.name = client.name
    this.client = client
    this.clock = clock
    this.timeoutMs = timeoutMs
    this.fleet = new Fleet(this, fleet)
    this.headroom = new Headroom(this, limitsMaxAgeMs)
  }

  /** Asks within a bound, and translates what the cloud says. */
  async ask<T>(
    question: Attempt & CallOptions,
    work: (client: Cloud, call: CallOptions) => Promise<T>,
  ): Promise<T> {
    const { clock, timeoutMs } = this
    const { signal, what } = question
    try {
      // The client has the same bound; this one is for what it does in several calls.
      return await withDeadline(async (inner) => work(this.client, { signal: inner }), {
        clock,
        timeoutMs: 2 * timeoutMs,
        what,
        signal,
      })
    } catch (error) {
      signal.throwIfAborted()
      throw fromOpenStack(error, question)
    }
  }

  /** Work that goes on after its caller was answered; `close` waits for it. */
  inBackground(work: Promise<unknown>): void {
    const settled = work.then(nothing, nothing)
    this.#background.add(settled)
    void settled.then(() => this.#background.delete(settled))
  }

  async close(): Promise<void> {
    const inTime = new AbortController()
    const tooLong = this.clock.sleep(this.timeoutMs, { signal: inTime.signal }).catch(nothing)
    await Promise.race([Promise.all(this.#background), tooLong])
    inTime.abort()
    await this.client.close()
  }
}

const nothing = (): void => {}

/** For one who was handed something else than what `openstackCloud` makes. */
export const closedError = (name: string): FlotillaError =>
  new FlotillaError('closed', `${name}: used after close()`)
