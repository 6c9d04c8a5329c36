import type {
  Backend,
  BackendProblem,
  BackendSupports,
  BatchReport,
  CallOptions,
  Instance,
  InstanceChange,
  LaunchRequest,
  Reading,
} from '@flotilla/core'
import {
  CallGuard,
  checkGroup,
  disposable,
  checkLaunch,
  settleSoonAfter,
  templateHash,
} from '@flotilla/core/authoring'
import { givenEngine, UsageReader, type GivenEngine } from '@flotilla/docker-engine'
import type { Context } from './context.js'
import { Containers } from './engine/containers.js'
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
export function docker(options: DockerOptions): Backend & AsyncDisposable {
  const settings = readOptions(options)
  return disposable(new DockerBackend(settings, givenEngine(options.engine)))
}

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
  readonly #calls = new CallGuard(this.name)

  constructor(settings: Settings, { engine, isShared }: GivenEngine) {
    this.scope = settings.scope === undefined ? engine.scope : `${engine.scope} ${settings.scope}`
    this.templateHash = templateHash(settings.template)
    this.#context = {
      engine,
      containers: Containers.of(engine),
      settings,
      templateHash: this.templateHash,
    }
    this.#inventory = new Inventory(this.#context)
    const fromFiles = settings.usage === 'auto' && engine.connection.kind === 'socket'
    this.#usage = new UsageReader({ engine, fromFiles })
    this.#isShared = isShared
  }

  async list(group: string, { signal }: CallOptions): Promise<readonly Instance[]> {
    checkGroup('list', group)
    return this.#calls.run(signal, async (shared) => this.#inventory.of(group, shared))
  }

  async launch(request: LaunchRequest, { signal }: CallOptions): Promise<Instance> {
    const { group, token } = checkLaunch(request)
    // Not the shared one: a launch that waits in line listens to the caller's own.
    this.#calls.begin(signal)
    const { engine, containers } = this.#context
    const name = containerName(group, token)
    const launching = containers.launches.run(name, signal, async () =>
      launch(this.#context, { group, token }, signal),
    )
    engine.background.add(launching)
    containers.awaited.add(name)
    try {
      return await settleSoonAfter(launching, signal, { clock: engine.clock, ms: cleanUpMs })
    } finally {
      containers.awaited.delete(name)
      containers.list.invalidate()
    }
  }

  async terminate(group: string, ids: readonly string[], { signal }: CallOptions): Promise<BatchReport> {
    checkGroup('terminate', group)
    return this.#calls.run(signal, async (shared) => terminate(this.#context, { group, ids }, shared))
  }

  async usage(instances: readonly Instance[], { signal }: CallOptions): Promise<readonly Reading[]> {
    return this.#calls.run(signal, async (shared) => this.#usage.of(instances, { signal: shared }))
  }

  async lastOutput(instance: Instance, { signal }: CallOptions): Promise<string | undefined> {
    return this.#calls.run(signal, async (shared) => lastOutput(this.#context, instance, { signal: shared }))
  }

  problems(group: string): readonly BackendProblem[] {
    return this.#inventory.problems(group)
  }

  watch(group: string, { signal }: CallOptions): AsyncIterable<InstanceChange> {
    checkGroup('watch', group)
    const { scope } = this.#context.settings
    return watchContainers(this.#context, { group, scope }, this.#calls.untilClosed(signal))
  }

  async close(): Promise<void> {
    this.#calls.close()
    if (!this.#isShared) await this.#context.engine.close()
  }
}
