import {
  FlotillaError,
  type Backend,
  type BackendProblem,
  type BackendSupports,
  type BatchReport,
  type CallOptions,
  type Instance,
  type InstanceChange,
  type LaunchRequest,
  type Reading,
} from '@flotilla/core'
import {
  check,
  checkOptions,
  untilAborted,
  sharedSignal,
  settleSoonAfter,
  templateHash,
} from '@flotilla/core/authoring'
import * as v from 'valibot'
import { Containers } from './engine/containers.js'
import type { Context } from './context.js'
import { givenEngine, type GivenEngine, UsageReader } from '@flotilla/docker-engine'
import { Inventory } from './inventory.js'
import { containerName } from './labels.js'
import { lastOutput } from './last-output.js'
import { launch } from './launch.js'
import type { DockerOptions } from './options.js'
import { readOptions, type Settings } from './options/settings.js'
import { terminate } from './terminate.js'
import { watchContainers } from './watch.js'

/**
 * Instances that are containers of a Docker Engine. They outlive the controller, which finds them again by their labels;
 * containers without these are never touched.
 *
 * @throws FlotillaError `invalid-options`
 *
 * @example
 * ```ts
 * import { docker } from '@flotilla/backend-docker'
 *
 * const backend = docker({ image: 'web:1', port: 8080, network: 'web-net', cpus: 1, memoryBytes: 2 ** 29 })
 * ```
 */
export function docker(options: DockerOptions): Backend {
  const settings = readOptions(options)
  return new DockerBackend(settings, givenEngine(options.engine))
}

const groupSchema = v.object({ group: check.name() })
const launchSchema = v.object({ group: check.name(), token: check.name() })

/** A launch whose caller gave up has this long to clean up before the caller is answered; then it goes on alone. */
const cleanUpMs = 1000

export class DockerBackend implements Backend {
  // Without the image: a controller that was given another one has the same machines.
  readonly name = 'docker'
  readonly supports: BackendSupports = { usage: true, watch: true, chooseVictim: true }
  readonly scope: string
  readonly templateHash: string
  readonly #context: Context
  readonly #inventory: Inventory
  readonly #usage: UsageReader
  readonly #isShared: boolean
  readonly #closing = new AbortController()

  constructor(settings: Settings, { engine, isShared }: GivenEngine) {
    this.scope = settings.scope === undefined ? engine.scope : `${engine.scope} ${settings.scope}`
    this.templateHash = templateHash(settings.template)
    this.#context = { engine, containers: Containers.of(engine), settings, templateHash: this.templateHash }
    this.#inventory = new Inventory(this.#context)
    const fromFiles = settings.usage === 'auto' && engine.connection.kind === 'socket'
    this.#usage = new UsageReader({ engine, fromFiles })
    this.#isShared = isShared
  }

  async list(group: string, { signal }: CallOptions): Promise<readonly Instance[]> {
    checkOptions('list', groupSchema, { group })
    const shared = this.#begin(signal)
    return untilAborted(async () => this.#inventory.of(group, shared), shared)
  }

  async launch(request: LaunchRequest, { signal }: CallOptions): Promise<Instance> {
    const { group, token } = checkOptions('launch', launchSchema, request)
    this.#refuseIfClosed()
    signal.throwIfAborted()
    const { engine, containers } = this.#context
    const name = containerName(group, token)
    const launching = containers.launches.run(name, signal, async () =>
      launch(this.#context, { group, token }, signal),
    )
    engine.inBackground(launching)
    containers.awaited.add(name)
    try {
      return await settleSoonAfter(launching, signal, { clock: engine.clock, ms: cleanUpMs })
    } finally {
      containers.awaited.delete(name)
      containers.list.invalidate()
    }
  }

  async terminate(group: string, ids: readonly string[], { signal }: CallOptions): Promise<BatchReport> {
    checkOptions('terminate', groupSchema, { group })
    const shared = this.#begin(signal)
    return untilAborted(async () => terminate(this.#context, { group, ids }, shared), shared)
  }

  async usage(instances: readonly Instance[], { signal }: CallOptions): Promise<readonly Reading[]> {
    const shared = this.#begin(signal)
    return untilAborted(async () => this.#usage.of(instances, { signal: shared }), shared)
  }

  async lastOutput(instance: Instance, { signal }: CallOptions): Promise<string | undefined> {
    const shared = this.#begin(signal)
    return untilAborted(async () => lastOutput(this.#context, instance, { signal: shared }), shared)
  }

  problems(group: string): readonly BackendProblem[] {
    return this.#inventory.problems(group)
  }

  watch(group: string, { signal }: CallOptions): AsyncIterable<InstanceChange> {
    checkOptions('watch', groupSchema, { group })
    this.#refuseIfClosed()
    const { settings } = this.#context
    const either = AbortSignal.any([signal, this.#closing.signal])
    return watchContainers(this.#context, { group, scope: settings.scope }, either)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    if (!this.#isShared) await this.#context.engine.close()
  }

  #begin(signal: AbortSignal): AbortSignal {
    this.#refuseIfClosed()
    signal.throwIfAborted()
    return sharedSignal(signal)
  }

  #refuseIfClosed(): void {
    if (this.#closing.signal.aborted) throw new FlotillaError('closed', `${this.name}: used after close()`)
  }
}
