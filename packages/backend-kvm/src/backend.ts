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
  CallGuard,
  checkGroup,
  checkLaunch,
  disposable,
  KeyedQueue,
  ProblemBook,
  settleSoonAfter,
  templateHash,
} from '@flotilla/core/authoring'
import { uriKey } from './connection/uri.js'
import type { Context } from './context.js'
import { lastConsoleLines } from './disks/console-log.js'
import { GoldenGuard } from './disks/golden.js'
import { sweepSeedFolders } from './disks/seed-folders.js'
import type { Host, Machine } from './host/host.js'
import { Hypervisors, type HostView } from './host/hypervisors.js'
import { listProblems } from './host/list-problems.js'
import { isEnded, isOfGroup, newestOf } from './host/machines.js'
import { noteMigrations } from './host/migrations.js'
import { openHost } from './host/open-host.js'
import { PlacementBook } from './place/placement-book.js'
import { launch } from './launch.js'
import { domainName } from './names.js'
import { Addresses } from './network/addresses.js'
import { readOptions, type Settings } from './options.js'
import type { KvmOptions } from './options/kvm-options.js'
import { FileGuard } from './removal/file-guard.js'
import { Sweeper } from './removal/sweep.js'
import { terminate } from './terminate.js'
import { toInstance } from './to-instance.js'
import { UsageReader } from './usage.js'
import { WarmPool } from './warm/warm-pool.js'
import { watchGroup } from './watch.js'

/**
 * Instances that are virtual machines of libvirt, each on a linked clone of a golden image. They outlive the controller,
 * which finds them again by their metadata; domains without these are never touched.
 *
 * @throws FlotillaError `invalid-options`
 */
export function kvm(options: KvmOptions): KvmBackend & AsyncDisposable {
  const settings = readOptions(options)
  const hosts = options.hosts as readonly Host[] | undefined
  return disposable(new KvmBackend(settings, hosts ?? openHosts(settings), { isShared: hosts !== undefined }))
}

function openHosts({ uris, connect, timeoutMs }: Settings, clock: Clock = systemClock): readonly Host[] {
  return uris.map((uri) => openHost({ uri, connect, timeoutMs }, clock))
}

/** A launch that is aborted cleans up for so long before its caller is answered; then it goes on in the background. */
const cleanUpMs = 1000

export class KvmBackend implements Backend {
  readonly name: string
  readonly supports: BackendSupports = { usage: true, watch: true, chooseVictim: true }
  readonly scope: string
  readonly templateHash: string
  readonly #context: Context
  readonly #usage: UsageReader
  readonly #warmPool: WarmPool
  readonly #sweeper: Sweeper
  readonly #launches = new KeyedQueue()
  readonly #isShared: boolean
  readonly #calls: CallGuard

  constructor(settings: Settings, hosts: readonly Host[], { isShared }: { readonly isShared: boolean }) {
    const { golden } = settings.template
    this.name = `kvm ${'path' in golden ? golden.path : `${golden.pool}/${golden.volume}`}`
    this.templateHash = templateHash(settings.template)
    const hypervisors = new Hypervisors(hosts, hosts[0]?.clock ?? systemClock)
    this.#context = {
      hypervisors,
      settings,
      templateHash: this.templateHash,
      golden: new GoldenGuard(settings.template),
      addresses: new Addresses(settings.template, hypervisors.clock),
      placement: new PlacementBook(settings),
      guard: new FileGuard(hypervisors),
      problems: new ProblemBook(),
    }
    this.scope = scopeOf(settings, hosts)
    this.#usage = new UsageReader(hypervisors, settings.memoryEveryMs)
    this.#warmPool = new WarmPool(this.#context)
    this.#sweeper = new Sweeper(this.#context)
    this.#isShared = isShared
    this.#calls = new CallGuard(this.name)
  }

  async list(group: string, { signal }: CallOptions): Promise<readonly Instance[]> {
    checkGroup('list', group)
    return this.#calls.run(signal, async (shared) => this.#list(group, shared))
  }

  async #list(group: string, signal: AbortSignal): Promise<readonly Instance[]> {
    const { hypervisors, settings, addresses } = this.#context
    const views = await hypervisors.look(signal)
    const machines = oneOfEachToken(views, settings.scope, group)
    const down = new Set(views.filter((view) => view.down !== undefined).map(({ host }) => host))
    const found = machines.map(({ machine }) => machine)
    const ips = await addresses.of(found, signal, { down, hosts: hypervisors.hosts })
    this.#context.problems.set(group, 'views', listProblems(views, found, { scope: settings.scope, group }))
    this.#tidy(group, views)
    return machines.map(({ machine, view }) =>
      toInstance(this.#context, machine, {
        ip: ips.get(machine.ref.uuid),
        missing: addresses.whyNot(machine.ref.uuid),
        downReason: view.down?.message,
      }),
    )
  }

  /** Starts the background work: the warm pool, notes of migrations, the sweep. */
  #tidy(group: string, views: readonly HostView[]): void {
    if (this.#warmPool.needsWork(group, views)) this.#warmPool.keepUp(group)
    const { hypervisors, settings } = this.#context
    const inBackground = (work: Promise<unknown>): void => hypervisors.hosts[0]?.inBackground(work)
    const moved = views
      .filter(({ down }) => down === undefined)
      .flatMap(({ machines }) => machines)
      .filter((machine) => isOfGroup(machine, settings.scope, group))
    inBackground(noteMigrations(moved, hypervisors.clock.now(), this.#calls.closing))
    if (!this.#sweeper.isDue(group)) return
    // The next sweep finds again what this one cannot remove; `problems` tells it.
    inBackground(this.#sweeper.sweep(group, this.#calls.closing).catch(() => {}))
    inBackground(sweepSeedFolders())
  }

  async launch(request: LaunchRequest, { signal }: CallOptions): Promise<Instance> {
    const { group, token } = checkLaunch(request)
    const shared = this.#calls.begin(signal)
    const { hypervisors, settings } = this.#context
    this.#warmPool.begin(group)
    const name = domainName({ scope: settings.scope, group, key: token })
    const launching = this.#launches.run(name, shared, async () =>
      launch(this.#context, this.#warmPool, { group, token }, shared),
    )
    hypervisors.hosts[0]?.inBackground(launching)
    return settleSoonAfter(launching, shared, { clock: hypervisors.clock, ms: cleanUpMs })
  }

  async terminate(group: string, ids: readonly string[], { signal }: CallOptions): Promise<BatchReport> {
    checkGroup('terminate', group)
    return this.#calls.run(signal, async (shared) => terminate(this.#context, { group, ids }, shared))
  }

  async usage(instances: readonly Instance[], { signal }: CallOptions): Promise<readonly Reading[]> {
    return this.#calls.run(signal, async (shared) => this.#usage.of(instances, { signal: shared }))
  }

  /** The end of the serial console's log: with `consoleLog`, on every way to libvirt but virsh. */
  async lastOutput(instance: Instance, { signal }: CallOptions): Promise<string | undefined> {
    return this.#calls.run(signal, async (shared) => lastConsoleLines(this.#context, instance.id, shared))
  }

  watch(group: string, { signal }: CallOptions): AsyncIterable<InstanceChange> {
    checkGroup('watch', group)
    const { hypervisors, settings } = this.#context
    return watchGroup(hypervisors, { scope: settings.scope, group }, this.#calls.untilClosed(signal))
  }

  /** Standing problems: hypervisors that are down, files that must stay, a warm pool that cannot be kept. */
  problems(group: string): readonly BackendProblem[] {
    return this.#context.problems.of(group)
  }

  /**
   * Ends what exists for a group that has ended itself: the machines of its warm pool, what earlier terminations had to
   * leave, what belongs to no machine. What must stay is in the report.
   */
  async endGroup(group: string, { signal }: CallOptions): Promise<BatchReport> {
    checkGroup('endGroup', group)
    return this.#calls.run(signal, async (shared) => {
      const { done, failed } = await this.#warmPool.end(group, shared)
      const left = await this.#sweeper.sweep(group, shared, { isLast: true })
      return { done, failed: [...failed, ...left] }
    })
  }

  async close(): Promise<void> {
    this.#calls.close()
    this.#warmPool.close()
    if (this.#isShared) return
    await Promise.all(this.#context.hypervisors.hosts.map(async (host) => host.close()))
  }
}

interface Seen {
  readonly machine: Machine
  readonly view: HostView
}

/** The group's instances; of several machines with one token the one that counts. The others are swept. */
function oneOfEachToken(views: readonly HostView[], scope: string, group: string): readonly Seen[] {
  const byToken = new Map<string, Seen[]>()
  for (const view of views) {
    for (const machine of view.machines) {
      const { token } = machine.owner
      if (token === undefined || !isOfGroup(machine, scope, group) || isEnded(machine)) continue
      const same = byToken.get(token)
      if (same === undefined) byToken.set(token, [{ machine, view }])
      else same.push({ machine, view })
    }
  }
  return [...byToken.values()].flatMap((same) => {
    const chosen = newestOf(same.map(({ machine }) => machine))
    return same.filter(({ machine }) => machine === chosen)
  })
}

/** The hypervisors, and where on them machines are made. */
function scopeOf({ scope, template: { storage } }: Settings, hosts: readonly Host[]): string {
  const uris = hosts.map(({ uri }) => uriKey(uri)).toSorted()
  const where = storage.kind === 'pool' ? `pool ${storage.pool}` : storage.directory
  return [...uris, where, scope].join(' ')
}
