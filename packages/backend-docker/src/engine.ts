import { FlotillaError, systemClock, type CallOptions, type Clock, type ErrorCode } from '@flotilla/core'
import {
  check,
  checkOptions,
  withDeadline,
  SharedAnswer,
  KeyedQueue,
  groupBy,
} from '@flotilla/core/authoring'
import * as v from 'valibot'
import {
  connectionEntries,
  findEngine,
  fromDocker,
  type Connection,
  type ConnectionOptions,
  type FoundEngine,
} from '@flotilla/docker-engine'
import { nameOf } from './container-facts.js'
import { Copies } from './copies.js'
import type { ContainerSummary, DockerApi, EngineEvent } from './docker-api.js'
import { dockerodeApi } from './dockerode-api.js'
import { EngineFacts } from './engine-facts.js'
import { watchedActions } from './instance-change.js'
import { labels } from './labels.js'
import { asDockerTells } from './podman-events.js'
import { SharedEvents } from './shared-events.js'
import type { SwarmApi } from './swarm/swarm-api.js'

export interface DockerEngineOptions extends ConnectionOptions {
  /** Bound of one call of the engine; default 30,000. */
  readonly timeoutMs?: number | undefined
  /**
   * How old a list of containers may be and still be given to another group; default 500. What this program does itself,
   * and what the engine tells, makes it out of date at once.
   */
  readonly listMaxAgeMs?: number | undefined
}

/** A connection to one Docker Engine, to be given to several backends. */
export interface DockerEngine {
  /** Where it is, without secrets, and what named it: `unix:///var/run/docker.sock (DOCKER_HOST)`. */
  readonly target: string
  /** Closes the connections; may be called twice. The backends on it are of no use afterwards. */
  close(): Promise<void>
}

const defaults = { timeoutMs: 30_000, listMaxAgeMs: 500, pingMs: 15_000 }

const schema = v.strictObject({
  ...connectionEntries,
  timeoutMs: v.optional(check.milliseconds(1)),
  listMaxAgeMs: v.optional(check.milliseconds()),
})

/**
 * One Docker Engine for several backends: it is asked once for all their groups, however many there are.
 *
 * @throws FlotillaError `invalid-options`
 */
export function dockerEngine(options: DockerEngineOptions = {}): DockerEngine {
  return openEngine(options)
}

/** @throws FlotillaError `invalid-options` */
export function openEngine(options: DockerEngineOptions): Engine {
  const { timeoutMs, listMaxAgeMs, ...where } = checkOptions('dockerEngine', schema, options)
  const found = findEngine(where)
  return new Engine({
    found,
    ...dockerodeApi(found.connection),
    clock: systemClock,
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
    listMaxAgeMs: listMaxAgeMs ?? defaults.listMaxAgeMs,
  })
}

/** An engine, and whether it is somebody else's to close. */
export interface GivenEngine {
  readonly engine: Engine
  readonly isShared: boolean
}

/** What a backend was given: an engine, or where it is. */
export function givenEngine(given: DockerEngine | DockerEngineOptions = {}): GivenEngine {
  const isShared = given instanceof Engine
  // One that is not of ours is taken for options, and refused as such.
  return { engine: isShared ? given : openEngine(given as DockerEngineOptions), isShared }
}

/** What an engine is made of; tests bring their own. */
export interface EngineParts {
  readonly found: FoundEngine
  readonly api: DockerApi
  /** What only the manager of a swarm answers. */
  readonly swarm?: SwarmApi | undefined
  readonly clock: Clock
  readonly timeoutMs: number
  readonly listMaxAgeMs: number
}

/** One call of the engine. */
export interface Question extends CallOptions {
  /** For errors, such as `launch web-1: create the container`. */
  readonly what: string
  /** The code of an answer that says nothing clearer. */
  readonly otherwise?: ErrorCode | undefined
  readonly timeoutMs?: number | undefined
  readonly instanceId?: string | undefined
}

type ByGroup = ReadonlyMap<string, readonly ContainerSummary[]>

/** The connection and what all who use it share. */
export class Engine implements DockerEngine {
  readonly target: string
  /** Its address alone: one for each engine, as far as that tells. */
  readonly scope: string
  readonly connection: Connection
  /** Whether it runs on another host. */
  readonly isRemote: boolean
  readonly clock: Clock
  /** Every container of ours, by group, of every scope. */
  readonly list: SharedAnswer<ByGroup>
  readonly events: SharedEvents
  /** By container name: launches of one token follow each other. */
  readonly launches: KeyedQueue = new KeyedQueue()
  /** Names of the containers that are being launched: such a one is not yet what a dead launch left. */
  readonly launching: Set<string> = new Set()
  /** Those of them whose callers still wait: what such a launch takes back, nobody has seen. */
  readonly awaited: Set<string> = new Set()
  /** Ids of containers in which the kernel killed for want of memory; Docker's own word of it is not always there. */
  readonly outOfMemory: Set<string> = new Set()
  readonly facts: EngineFacts
  readonly copies: Copies
  readonly #api: DockerApi
  readonly #swarm: SwarmApi | undefined
  readonly timeoutMs: number
  /** How old a list may be and still be given to another group. */
  readonly listMaxAgeMs: number
  readonly #background = new Set<Promise<void>>()

  constructor({ found, api, swarm, clock, timeoutMs, listMaxAgeMs }: EngineParts) {
    this.target = found.target
    this.scope = found.scope
    this.connection = found.connection
    this.isRemote = found.connection.kind !== 'socket'
    this.clock = clock
    this.#api = api
    this.#swarm = swarm
    this.timeoutMs = timeoutMs
    this.listMaxAgeMs = listMaxAgeMs
    this.list = new SharedAnswer({
      fetch: async (signal) => this.#list(signal),
      clock,
      maxAgeMs: listMaxAgeMs,
    })
    this.facts = new EngineFacts({
      version: async (signal) =>
        this.ask({ what: 'ask what engine it is', signal }, async (docker, call) => docker.version(call)),
      info: async (signal) =>
        this.ask({ what: 'ask what the engine has', signal }, async (docker, call) => docker.info(call)),
    })
    this.copies = new Copies(async (id, signal) =>
      this.ask({ what: `look at image ${id}`, signal }, async (docker, call) =>
        docker.inspectImage(id, call),
      ),
    )
    const { target } = this
    this.events = new SharedEvents({
      open: async ({ signal }) => this.#openEvents(signal),
      ping: async ({ signal }) =>
        this.ask({ what: 'watch: ping', signal }, async (docker, call) => docker.ping(call)),
      translate: (error) => fromDocker(error, { what: 'watch', target }),
      clock,
      onEvent: (event) => this.#notice(event),
      pingMs: defaults.pingMs,
    })
  }

  async #list(signal: AbortSignal): Promise<ByGroup> {
    const awaitedBefore = new Set(this.awaited)
    const all = await this.ask({ what: 'list containers', signal }, async (docker, call) =>
      docker.listContainers(labels.group, call),
    )
    // A launch may take back what it has not started, and its caller would think that somebody else had ended it.
    const found = all.filter((container) => {
      const name = nameOf(container)
      return container.State !== 'created' || !(awaitedBefore.has(name) || this.awaited.has(name))
    })
    this.#forgetOthers(new Set(all.map(({ Id }) => Id)))
    return groupBy(found, (container) => container.Labels?.[labels.group] ?? '')
  }

  /** Events may be missed, so that a list too says what is gone. */
  #forgetOthers(ids: ReadonlySet<string>): void {
    this.copies.keep(ids)
    for (const id of this.outOfMemory) if (!ids.has(id)) this.outOfMemory.delete(id)
  }

  /** Asks within a bound, and translates what the engine says. */
  async ask<T>(question: Question, work: (api: DockerApi, call: CallOptions) => Promise<T>): Promise<T> {
    return this.#within(question, async (call) => work(this.#api, call))
  }

  /** The same, of a swarm's manager. */
  async askSwarm<T>(question: Question, work: (api: SwarmApi, call: CallOptions) => Promise<T>): Promise<T> {
    const swarm = this.#swarm
    if (swarm === undefined)
      throw new FlotillaError('unsupported', `${question.what}: this engine has no swarm`)
    return this.#within(question, async (call) => work(swarm, call))
  }

  async #within<T>(
    { what, signal, otherwise, instanceId, timeoutMs = this.timeoutMs }: Question,
    work: (call: CallOptions) => Promise<T>,
  ): Promise<T> {
    const { clock, target } = this
    try {
      return await withDeadline(async (inner) => work({ signal: inner }), { clock, timeoutMs, what, signal })
    } catch (error) {
      signal.throwIfAborted()
      throw fromDocker(error, { what, target, otherwise, instanceId })
    }
  }

  async #openEvents(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    const wanted = { actions: watchedActions, label: labels.group }
    const isPodman = await this.facts.isPodman(signal)
    const filters = isPodman ? ({ type: 'container' } as const) : ({ type: 'container', ...wanted } as const)
    const events = await this.ask({ what: 'watch', signal }, async (docker, { signal: bound }) =>
      // The bound is for connecting; what is connected lasts as long as it is listened to.
      docker.openEvents(filters, { signal: AbortSignal.any([signal, bound]) }),
    )
    return isPodman ? asDockerTells(events, wanted) : events
  }

  #notice(event: EngineEvent | undefined): void {
    this.list.invalidate()
    if (event?.Action === 'oom') this.outOfMemory.add(event.Actor.ID)
    if (event?.Action === 'destroy') this.outOfMemory.delete(event.Actor.ID)
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
    this.#api.close()
  }
}

const nothing = (): void => {}
