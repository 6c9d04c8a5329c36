import { systemClock, type CallOptions, type Clock, type ErrorCode } from '@flotilla/core'
import {
  BackgroundWork,
  check,
  checkOptions,
  disposable,
  optionsForm,
  withDeadline,
  type Form,
} from '@flotilla/core/authoring'
import * as v from 'valibot'
import {
  connectionEntries,
  findEngine,
  fromDocker,
  isNotFound,
  openDocker,
  type Connection,
  type ConnectionOptions,
  type Docker,
  type FoundEngine,
} from '@flotilla/docker-engine'
import type { ContainerDetails, DockerApi } from './api/docker-api.js'
import { dockerodeApi } from './api/dockerode-api.js'
import { EngineFacts } from './engine-facts.js'

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

const defaults = { timeoutMs: 30_000, listMaxAgeMs: 500 }

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
export function dockerEngine(options: DockerEngineOptions = {}): DockerEngine & AsyncDisposable {
  return disposable(openEngine(options))
}

/** How `dockerEngine` is written in a file. */
export const dockerEngineForm: Form = optionsForm('a connection', 'dockerEngine', dockerEngine, schema)

/** @throws FlotillaError `invalid-options` */
export function openEngine(options: DockerEngineOptions): Engine {
  const { timeoutMs, listMaxAgeMs, ...where } = checkOptions('dockerEngine', schema, options)
  const found = findEngine(where)
  const client = openDocker(found.connection)
  return new Engine({
    found,
    docker: client.docker,
    api: dockerodeApi(client),
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
  readonly docker: Docker
  readonly api: DockerApi
  readonly clock: Clock
  readonly timeoutMs: number
  readonly listMaxAgeMs: number
}

/** One question to the engine. */
export interface Question extends CallOptions {
  /** For errors, such as `launch web-1: create the container`. */
  readonly what: string
  /** The code of an answer that says nothing clearer. */
  readonly otherwise?: ErrorCode | undefined
  readonly timeoutMs?: number | undefined
  readonly instanceId?: string | undefined
}

/** One connection, with what all who use it share. */
export class Engine implements DockerEngine {
  readonly target: string
  /** Its address alone: one for each engine, as far as the address tells. */
  readonly scope: string
  readonly connection: Connection
  /** Whether it runs on another host. */
  readonly isRemote: boolean
  readonly clock: Clock
  /** The client, for calls that `DockerApi` does not have. */
  readonly docker: Docker
  readonly facts: EngineFacts
  /** Work that goes on after its caller was answered. */
  readonly background: BackgroundWork
  readonly timeoutMs: number
  /** How old a list may be and still be given to another group. */
  readonly listMaxAgeMs: number
  readonly #api: DockerApi

  constructor({ found, docker, api, clock, timeoutMs, listMaxAgeMs }: EngineParts) {
    this.target = found.target
    this.scope = found.scope
    this.connection = found.connection
    this.isRemote = found.connection.kind !== 'socket'
    this.clock = clock
    this.docker = docker
    this.#api = api
    this.timeoutMs = timeoutMs
    this.listMaxAgeMs = listMaxAgeMs
    this.background = new BackgroundWork({ clock, timeoutMs })
    this.facts = new EngineFacts({
      version: async (signal) =>
        this.ask({ what: 'ask what engine it is', signal }, async (asked, call) => asked.version(call)),
      info: async (signal) =>
        this.ask({ what: 'ask what the engine has', signal }, async (asked, call) => asked.info(call)),
    })
  }

  /** Asks within a bound, and translates the engine's errors. */
  async ask<T>(question: Question, work: (api: DockerApi, call: CallOptions) => Promise<T>): Promise<T> {
    return this.within(question, async (call) => work(this.#api, call))
  }

  /** The same for a call of another part of the engine's API. */
  async within<T>(
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

  /** A container by id or name; undefined when there is none. */
  async inspect(idOrName: string, question: Question): Promise<ContainerDetails | undefined> {
    try {
      return await this.ask(question, async (docker, call) => docker.inspectContainer(idOrName, call))
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Waits, within a bound, for the work that goes on in the background. */
  async close(): Promise<void> {
    await this.background.settle()
    this.#api.close()
  }
}
