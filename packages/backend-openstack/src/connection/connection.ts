import { systemClock, type CallOptions, type Clock } from '@flotilla/core'
import { disposable, BackgroundWork, KeyedQueue, withDeadline } from '@flotilla/core/authoring'
import { OpenStackError, connect, type Cloud } from '@flotilla/openstack-client'
import { ServerList } from '../cloud/server-list.js'
import { fromOpenStack, type Attempt } from '../errors.js'
import { Headroom } from '../room/headroom.js'
import type { Asking } from './asking.js'
import {
  readCloudOptions,
  type CloudSettings,
  type OpenStackCloud,
  type OpenStackCloudOptions,
} from './cloud-options.js'

/**
 * One project of a cloud for several backends, with one list of servers for all their groups. Files are read now. Nothing is
 * sent before the first call.
 *
 * @throws FlotillaError `invalid-options`
 */
export function openstackCloud(options: OpenStackCloudOptions = {}): OpenStackCloud & AsyncDisposable {
  return disposable(openConnection(options))
}

/** @throws FlotillaError `invalid-options` */
export function openConnection(options: OpenStackCloudOptions, clock: Clock = systemClock): Connection {
  const settings = readCloudOptions(options)
  const { connecting, timeoutMs } = settings
  try {
    const client = connect({ ...connecting, timeoutMs, attemptTimeoutMs: timeoutMs })
    return new Connection({ client, clock, settings })
  } catch (error) {
    if (error instanceof OpenStackError) throw fromOpenStack(error, { what: 'openstackCloud' })
    throw error
  }
}

/** A connection, and whether its giver closes it. */
export interface GivenConnection {
  readonly connection: Connection
  readonly isShared: boolean
}

/** The connection for the option `cloud`: a name in clouds.yaml, a connection, or its options. */
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
  readonly settings: CloudSettings
}

/** The client, and what the backends on it share. */
export class Connection implements OpenStackCloud, Asking {
  readonly name: string
  readonly client: Cloud
  readonly clock: Clock
  readonly timeoutMs: number
  /** Every server of ours in the project, of every group and scope. */
  readonly serverList: ServerList
  /** What is left of the project's quota. */
  readonly headroom: Headroom
  /** Runs launches of one token one after another. */
  readonly launches: KeyedQueue = new KeyedQueue()
  readonly #background: BackgroundWork

  constructor({ client, clock, settings }: ConnectionParts) {
    const { timeoutMs, listMaxAgeMs, fullListMs, limitsMaxAgeMs } = settings
    this.name = client.name
    this.client = client
    this.clock = clock
    this.timeoutMs = timeoutMs
    this.#background = new BackgroundWork({ clock, timeoutMs })
    this.serverList = new ServerList(this, { maxAgeMs: listMaxAgeMs, fullListMs })
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
      // The client bounds each call. This bounds work of several calls.
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

  /** Lets work go on after its caller was answered; `close` waits for it. */
  inBackground(work: Promise<unknown>): void {
    this.#background.add(work)
  }

  async close(): Promise<void> {
    await this.#background.settle()
    await this.client.close()
  }
}
