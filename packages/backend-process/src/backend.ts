import {
  systemClock,
  type Backend,
  type BackendProblem,
  type BackendSupports,
  type BatchReport,
  type CallOptions,
  type Clock,
  type Instance,
  type InstanceChange,
  type LaunchRequest,
  type Reading,
} from '@flotilla/core'
import {
  disposable,
  CallGuard,
  checkGroup,
  checkLaunch,
  InstanceCpuMeter,
  lastLines,
  ProblemBook,
  withDeadline,
} from '@flotilla/core/authoring'
import { BoundedTable } from './host/bounded-table.js'
import { ChangeFeed } from './change-feed.js'
import { openContext, type Context } from './context.js'
import { fromSystem } from './errors.js'
import { hostProcessTable } from './host/host-process-table.js'
import { forgetGroup, takeInventory } from './inventory.js'
import { instanceId, parseInstanceId } from './labels.js'
import { launch } from './launch.js'
import type { ProcessesOptions } from './options.js'
import { hashOf, readOptions, type Settings } from './options/settings.js'
import { readTail } from './book/output.js'
import type { ProcessTable } from './host/process-table.js'
import { canonicalPath } from './book/state-dir.js'
import { terminate } from './terminate.js'
import { readUsage } from './usage.js'
import { watchGroup } from './watch.js'

/**
 * Instances that are child processes of this host, each running the same command with a port of its own. They outlive
 * the controller, which finds them again by the label in their environment and by what it wrote down.
 *
 * Linux and macOS; it needs nothing but Node.
 *
 * @throws FlotillaError `invalid-options`; `unsupported` on Windows and other systems
 *
 * @example
 * ```ts
 * import { processes } from '@flotilla/backend-process'
 *
 * // The program listens on $PORT; half a core counts as all that one may use.
 * const backend = processes({ command: ['node', 'worker.js'], env: { LOG: 'info' }, cpus: 0.5 })
 * ```
 */
export function processes(options: ProcessesOptions): Backend & AsyncDisposable {
  return disposable(
    new ProcessBackend(readOptions(options), { table: hostProcessTable(), clock: systemClock }),
  )
}

/** What tests bring of their own. */
export interface Surroundings {
  readonly table: ProcessTable
  readonly clock: Clock
}

/** Terminating takes this much longer than grace: SIGKILL's own bound, and the removal of what is left. */
const afterGraceMs = 10_000

export class ProcessBackend implements Backend {
  readonly name = 'processes'
  readonly supports: BackendSupports = { usage: true, watch: true, chooseVictim: true }
  readonly templateHash: string
  /** The state directory: who uses the same one works on the same processes. */
  readonly scope: string
  readonly #settings: Settings
  readonly #table: ProcessTable
  readonly #clock: Clock
  readonly #meter: InstanceCpuMeter
  readonly #feed = new ChangeFeed()
  readonly #problems = new ProblemBook()
  readonly #guard = new CallGuard('processes')
  #context: Context | undefined

  constructor(settings: Settings, { table, clock }: Surroundings) {
    this.templateHash = hashOf(settings)
    this.scope = canonicalPath(settings.stateDir)
    this.#settings = settings
    // Half of a call's bound, so that the call can still tidy up within it when the host does not answer.
    this.#table = new BoundedTable(table, clock, settings.timeoutMs / 2)
    this.#clock = clock
    this.#meter = new InstanceCpuMeter(clock)
  }

  async list(group: string, { signal }: CallOptions): Promise<readonly Instance[]> {
    checkGroup('list', group)
    return this.#call({ what: `list group ${group}`, signal }, async (context, bounded) => {
      const instances = await takeInventory(context, group, bounded)
      return instances.map((instance) =>
        context.ending.has(instance.id) && instance.status !== 'stopped'
          ? { ...instance, status: 'stopping' }
          : instance,
      )
    })
  }

  async launch(request: LaunchRequest, { signal }: CallOptions): Promise<Instance> {
    const { group, token } = checkLaunch(request)
    const id = instanceId(group, token)
    return this.#call({ what: `launch ${id}`, signal }, async (context, bounded) =>
      context.queue.run(id, bounded, async () => launch(context, { group, token }, bounded)),
    )
  }

  async terminate(group: string, ids: readonly string[], { signal }: CallOptions): Promise<BatchReport> {
    checkGroup('terminate', group)
    const timeoutMs = this.#settings.timeoutMs + this.#settings.graceMs + afterGraceMs
    const report = await this.#call(
      { what: `terminate in group ${group}`, signal, timeoutMs },
      async (context, bounded) => terminate(context, { group, ids }, bounded),
    )
    for (const id of report.done) this.#feed.emit(group, { instanceId: id, what: 'gone' })
    return report
  }

  async usage(instances: readonly Instance[], { signal }: CallOptions): Promise<readonly Reading[]> {
    return this.#call({ what: 'read the use of instances', signal }, async (context, bounded) =>
      readUsage(context, { meter: this.#meter, cores: this.#settings.cpus, instances }, bounded),
    )
  }

  watch(group: string, { signal }: CallOptions): AsyncIterable<InstanceChange> {
    checkGroup('watch', group)
    return watchGroup({
      group,
      feed: this.#feed,
      clock: this.#clock,
      signal: this.#guard.untilClosed(signal),
      list: async (listSignal) => this.list(group, { signal: listSignal }),
    })
  }

  async lastOutput({ id }: Instance, { signal }: CallOptions): Promise<string | undefined> {
    const parts = parseInstanceId(id)
    if (parts === undefined) return undefined
    return this.#call({ what: `read the output of ${id}`, signal }, async ({ records, settings }) => {
      const secrets = Object.values(settings.env).filter((value) => value !== undefined)
      return lastLines(await readTail(records.output(parts.group, parts.token)), { secrets })
    })
  }

  problems(group: string): readonly BackendProblem[] {
    return this.#problems.of(group)
  }

  async endGroup(group: string, { signal }: CallOptions): Promise<BatchReport> {
    checkGroup('endGroup', group)
    return this.#call({ what: `end group ${group}`, signal }, async (context, bounded) =>
      forgetGroup(context, group, bounded),
    )
  }

  async close(): Promise<void> {
    this.#guard.close()
  }

  /** Runs one call with its bound, and translates what the host says. */
  async #call<T>(
    {
      what,
      signal,
      timeoutMs = this.#settings.timeoutMs,
    }: { what: string; signal: AbortSignal; timeoutMs?: number },
    work: (context: Context, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const shared = this.#guard.begin(signal)
    try {
      // The signal goes to the work and not to the deadline: a launch that is aborted cleans up before it rejects.
      const deadline = { clock: this.#clock, timeoutMs, what }
      return await withDeadline(async (bound) => {
        const either = AbortSignal.any([shared, bound])
        return work(await this.#open(either), either)
      }, deadline)
    } catch (error) {
      signal.throwIfAborted()
      throw fromSystem(error, what)
    }
  }

  async #open(signal: AbortSignal): Promise<Context> {
    if (this.#context !== undefined) return this.#context
    const { templateHash: hash } = this
    const context = await openContext(
      {
        settings: this.#settings,
        templateHash: hash,
        table: this.#table,
        clock: this.#clock,
        feed: this.#feed,
        problems: this.#problems,
      },
      signal,
    )
    // Of two calls that come first at the same moment, one's context is used by both.
    this.#context ??= context
    return this.#context
  }
}
