import {
  FlotillaError,
  type Backend,
  type BackendProblem,
  type BackendSupports,
  type BatchReport,
  type CallOptions,
  type Instance,
  type LaunchRequest,
  type Reading,
} from '@flotilla/core'
import {
  disposable,
  CallGuard,
  ProblemBook,
  checkGroup,
  checkLaunch,
  settleSoonAfter,
  templateHash,
  untilAborted,
} from '@flotilla/core/authoring'
import { Sweeper, sweepMs } from './addresses/sweeper.js'
import { AbandonedLaunches } from './cloud/abandoned-launches.js'
import { lastOutput } from './cloud/last-output.js'
import { templateIdsReader } from './cloud/template-ids.js'
import { TerminatingServers } from './cloud/terminating-servers.js'
import { givenConnection, type GivenConnection } from './connection/connection.js'
import type { Context } from './context.js'
import { Inventory } from './inventory.js'
import { belongingMark } from './labels.js'
import { launch } from './launch.js'
import type { OpenStackOptions } from './options/options.js'
import { readOptions, type Settings } from './options/settings.js'
import { Pauses } from './room/pauses.js'
import { terminate } from './terminate.js'
import { UsageReader } from './usage.js'
import { WarmPool } from './warm/warm-pool.js'

/**
 * Instances that are servers of an OpenStack project. They outlive the controller, which finds them again by their
 * metadata; servers without it are never touched.
 *
 * @throws FlotillaError `invalid-options`
 */
export function openstack(options: OpenStackOptions): OpenStackGroups & AsyncDisposable {
  const settings = readOptions(options)
  return disposable(new OpenStackBackend(settings, givenConnection(options.cloud)))
}

/** How long a caller that gave up a launch waits for its clean-up. The launch then goes on in the background. */
const cleanUpMs = 1000

/** A backend with the methods that are optional on `Backend`. */
export interface OpenStackGroups extends Backend {
  /**
   * Ends the spares of a group, its ports and its floating addresses, and makes no more. Call it when the group itself ends.
   * The work goes on when the caller gives up, and `close` waits for it.
   */
  endGroup(group: string, options: CallOptions): Promise<BatchReport>
  lastOutput(instance: Instance, options: CallOptions): Promise<string | undefined>
  problems(group: string): readonly BackendProblem[]
}

export class OpenStackBackend implements OpenStackGroups {
  readonly name: string
  readonly supports: BackendSupports
  readonly templateHash: string
  readonly scope: string
  readonly usage?: NonNullable<Backend['usage']>
  readonly #context: Context
  readonly #inventory: Inventory
  readonly #sweeper: Sweeper
  readonly #pool: WarmPool
  readonly #isShared: boolean
  readonly #abandoned = new AbandonedLaunches()
  /** By group: calls of `endGroup` under way. */
  readonly #ending = new Map<string, Promise<BatchReport>>()
  readonly #guard: CallGuard

  constructor(settings: Settings, { connection, isShared }: GivenConnection) {
    const { template } = settings
    this.name = `openstack ${connection.name} ${template.flavor}`
    this.#guard = new CallGuard(this.name)
    this.supports = { usage: settings.usage !== 'none', watch: false, chooseVictim: true }
    this.templateHash = templateHash(template)
    const { where } = connection.client
    this.scope = settings.scope === undefined ? where : `${where} scope ${settings.scope}`
    this.#context = {
      connection,
      settings,
      templateHash: this.templateHash,
      templateIds: templateIdsReader(connection, template),
      pauses: new Pauses(connection.clock, settings.pauseMs),
      problems: new ProblemBook(),
      underWay: new Map(),
      terminating: new TerminatingServers(connection.clock, sweepMs),
      taking: new Set(),
      woken: new Map(),
    }
    this.#inventory = new Inventory(this.#context)
    this.#sweeper = new Sweeper(this.#context)
    this.#pool = new WarmPool(this.#context)
    this.#isShared = isShared
    const usage = new UsageReader(this.#context)
    if (this.supports.usage) {
      this.usage = async (instances, { signal }): Promise<readonly Reading[]> =>
        this.#guard.run(signal, async (shared) => usage.of(instances, shared))
    }
  }

  async list(group: string, { signal }: CallOptions): Promise<readonly Instance[]> {
    checkGroup('list', group)
    const shared = this.#guard.begin(signal)
    if (this.#sweeper.isDue(group)) {
      this.#context.connection.inBackground(this.#sweeper.sweep(group, this.#guard.closing))
    }
    const listed = await untilAborted(async () => this.#inventory.of(group, shared), shared)
    this.#abandoned.listed(group, listed)
    // After the list, so that the pool works on the same list.
    this.#pool.keepUp(group)
    return listed
  }

  async launch(request: LaunchRequest, { signal }: CallOptions): Promise<Instance> {
    const { group, token } = checkLaunch(request)
    const shared = this.#guard.begin(signal)
    this.#pool.begin(group)
    const { connection, settings } = this.#context
    const mark = belongingMark({ group, token, scope: settings.scope })
    const launching = connection.launches.run(mark, shared, async () =>
      launch(this.#context, { group, token }, { signal: shared }),
    )
    connection.inBackground(launching)
    this.#abandoned.follow(group, launching, shared)
    return settleSoonAfter(launching, shared, { clock: connection.clock, ms: cleanUpMs })
  }

  async terminate(group: string, ids: readonly string[], { signal }: CallOptions): Promise<BatchReport> {
    checkGroup('terminate', group)
    const shared = this.#guard.begin(signal)
    const ending = terminate(this.#context, { group, ids }, shared)
    this.#context.connection.inBackground(ending)
    return untilAborted(async () => ending, shared)
  }

  async endGroup(group: string, { signal }: CallOptions): Promise<BatchReport> {
    checkGroup('endGroup', group)
    const shared = this.#guard.begin(signal)
    const ending = this.#ending.get(group) ?? this.#end(group)
    this.#ending.set(group, ending)
    this.#context.connection.inBackground(ending)
    return untilAborted(async () => ending, shared)
  }

  async lastOutput(instance: Instance, { signal }: CallOptions): Promise<string | undefined> {
    return this.#guard.run(signal, async (shared) => lastOutput(this.#context, instance, shared))
  }

  problems(group: string): readonly BackendProblem[] {
    return this.#context.problems.of(group)
  }

  /** Runs to its end whoever waits for it, because half of it would leak. Each part has its own bound. */
  async #end(group: string): Promise<BatchReport> {
    const { signal } = new AbortController()
    try {
      // First, so that no launch takes a spare while the spares end.
      const ids = await this.#abandoned.take(group)
      const unlisted = await terminate(this.#context, { group, ids }, signal)
      const spares = await this.#pool.end(group, signal)
      const { removed, failed, changed } = await this.#sweeper.end(group, signal)
      return {
        done: [...unlisted.done, ...spares.done, ...removed],
        failed: [...unlisted.failed, ...spares.failed, ...failed, ...changed.map(stillChanging)],
      }
    } finally {
      this.#ending.delete(group)
    }
  }

  async close(): Promise<void> {
    this.#guard.close()
    this.#pool.close()
    if (!this.#isShared) await this.#context.connection.close()
  }
}

const stillChanging = (id: string): BatchReport['failed'][number] => ({
  id,
  error: new FlotillaError('conflict', `remove ${id}: somebody keeps changing it`),
})
