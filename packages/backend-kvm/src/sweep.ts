import {
  FlotillaError,
  KeyedQueue,
  messageOf,
  toFlotillaError,
  type BackendProblem,
  type BatchReport,
} from '@flotilla/core'
import { isEnded, isOfGroup, newestOf, startedAt, type Context } from './context.js'
import type { Step } from './disk-store.js'
import { isActive } from './domain-status.js'
import { isTransient } from './errors.js'
import type { Kept } from './file-guard.js'

import { releaseAddress } from './host-entries.js'
import type { Machine } from './inventory.js'
import { keptProblems } from './kept-problem.js'
import { belongingsOn, type Belongings, type OwnEntry, type OwnFile } from './leftovers.js'
import { metadata } from './owner.js'
import { removeMachine, undefineStale } from './remove.js'

/** From one sweep of a group to the next; less where leftovers go sooner. */
const every = { leastMs: 1000, mostMs: 60_000 }
/** VIR_DOMAIN_AFFECT_CONFIG. */
const affectConfig = 2

/** Something that is left, and what may be done about it. */
interface Leftover {
  readonly id: string
  /** How long it must have been seen so. */
  readonly afterMs: number
  /** Of somebody else: when the group has ended, it is no failure that it stays. */
  readonly isForeign?: boolean
  /** Gives what stands in the way of its removal; nothing when it is gone. */
  readonly settle: () => Promise<readonly BackendProblem[]>
}

type Failed = BatchReport['failed']

/**
 * Ends what is left of a group beside its machines: machines that were ended and had to stay, definitions that a migration
 * left behind, machines whose token another one has, DHCP host entries and files of domains that somebody undefined by
 * hand. Since a domain is defined before anything is made for it and goes last, none of this belongs to a launch on its way.
 *
 * A file that no machine names is removed only where it was said that no other hypervisors reach the storage
 * (`sharedStorage: false`), and when it was made by one that is listed, and after everyone there was asked. Everything
 * that stays is told.
 */
export class Sweeper {
  readonly #context: Context
  readonly #turns = new KeyedQueue()
  /** By group, on the clock's monotonic time. */
  readonly #lastMs = new Map<string, number>()
  /** By leftover: when it was first seen as one. */
  readonly #firstSeenMs = new Map<string, number>()

  constructor(context: Context) {
    this.#context = context
  }

  isDue(group: string): boolean {
    const { fleet, settings } = this.#context
    const last = this.#lastMs.get(group)
    const everyMs = Math.min(every.mostMs, Math.max(every.leastMs, settings.orphanAfterMs))
    return last === undefined || fleet.clock.monotonic() - last >= everyMs
  }

  /**
   * @param isLast - the group has ended: nothing is waited for
   * @returns what could not be removed
   */
  async sweep(
    group: string,
    signal: AbortSignal,
    { isLast = false }: { readonly isLast?: boolean } = {},
  ): Promise<Failed> {
    const { fleet, problems } = this.#context
    this.#lastMs.set(group, fleet.clock.monotonic())
    return this.#turns.run(group, signal, async () => {
      try {
        const failed = await this.#sweep(group, isLast, { what: `sweep group ${group}`, signal })
        problems.set(group, 'sweep', [])
        return failed
      } catch (thrown) {
        signal.throwIfAborted()
        const error = toFlotillaError(thrown, `sweep group ${group}`)
        const message = `what may be left of the group cannot be looked for: ${error.message}`
        problems.set(group, 'sweep', [{ about: 'sweep', message, error }])
        throw error
      }
    })
  }

  async #sweep(group: string, isLast: boolean, step: Step): Promise<Failed> {
    const { fleet, settings, problems } = this.#context
    const hosts = fleet.hosts.filter((host) => !fleet.isKnownDown(host))
    // Files first, then the domains they may belong to: what is made in between has its domain before its files.
    const belongings = await Promise.all(
      hosts.map(async (host) => belongingsOn(this.#context, host, group, step)),
    )
    for (const host of hosts) host.machines.invalidate()
    const sights = await fleet.look(step.signal)
    const isWhole = sights.every(({ down }) => down === undefined)
    const machines = sights
      .filter(({ down }) => down === undefined)
      .flatMap((sight) => sight.machines)
      .filter((machine) => isOfGroup(machine, settings.scope, group))
    const ended = machines.filter(isEnded)
    problems.prune(group, 'machine ', new Set(ended.map(({ ref }) => `machine ${ref.uuid}`)))
    const leftovers = [
      ...ended.map((machine) => this.#ended(machine, step)),
      ...(isWhole ? this.#doubles(machines, step) : []),
      // Of a machine that cannot be seen now, what is seen is no leftover.
      ...(isWhole ? this.#unclaimed(machines, belongings, group, step) : []),
    ]
    return this.#settle(group, leftovers, isLast)
  }

  /** Each one that is left for long enough, one after the other. */
  async #settle(group: string, leftovers: readonly Leftover[], isLast: boolean): Promise<Failed> {
    const { fleet, problems } = this.#context
    const nowMs = fleet.clock.monotonic()
    const ids = new Set(leftovers.map(({ id }) => `${group} ${id}`))
    for (const id of this.#firstSeenMs.keys()) {
      if (id.startsWith(`${group} `) && !ids.has(id)) this.#firstSeenMs.delete(id)
    }
    const told: BackendProblem[] = []
    const foreign = new Set<BackendProblem>()
    for (const { id, afterMs, isForeign, settle } of leftovers) {
      const key = `${group} ${id}`
      const firstMs = this.#firstSeenMs.get(key) ?? nowMs
      this.#firstSeenMs.set(key, firstMs)
      if (!isLast && nowMs - firstMs < afterMs) continue
      try {
        const found = await settle()
        told.push(...found)
        if (isForeign === true) for (const problem of found) foreign.add(problem)
      } catch (thrown) {
        const error = toFlotillaError(thrown, `remove ${id}`)
        told.push({ about: id, message: `it cannot be removed: ${messageOf(error)}`, error })
      }
    }
    problems.set(group, 'leftovers', told)
    const own = told.filter((problem) => !foreign.has(problem))
    return own.map(({ about, message, error }) => ({
      id: about,
      error: error ?? new FlotillaError('conflict', message),
    }))
  }

  #ended(machine: Machine, { what, signal }: Step): Leftover {
    const { guard } = this.#context
    const { ref, host } = machine
    return {
      id: `ended ${host.uri} ${ref.uuid}`,
      afterMs: 0,
      settle: async () => {
        // Told from here on, and not as it was when it was ended.
        this.#context.problems.set(machine.owner.group, `machine ${ref.uuid}`, [])
        if (isActive(machine.state)) {
          const message =
            `${ref.name} of ${host.label} was ended by its group, and somebody has started it again: it is left alone, and is no ` +
            'instance. To have it removed, shut it off'
          return [{ about: ref.name, message }]
        }
        const step = { what: `${what}: remove what is left of ${ref.name}`, signal, shutdownMs: 0 }
        const kept = await host.turns.run(ref.uuid, signal, async () =>
          removeMachine(machine, { ...step, guard }),
        )
        return keptProblems(ref.name, kept)
      },
    }
  }

  /** Machines whose token another one has: a launch went on to the next hypervisor, or it was migrated. */
  #doubles(machines: readonly Machine[], step: Step): readonly Leftover[] {
    const byToken = new Map<string, Machine[]>()
    for (const machine of machines) {
      const { token } = machine.owner
      if (token !== undefined && !isEnded(machine))
        byToken.set(token, [...(byToken.get(token) ?? []), machine])
    }
    return [...byToken.values()].flatMap((same) => {
      const counts = newestOf(same)
      if (same.length < 2 || counts === undefined) return []
      return same
        .filter((machine) => machine !== counts)
        .map((machine) =>
          machine.ref.uuid === counts.ref.uuid
            ? this.#stale(machine, counts, step)
            : this.#double(machine, step),
        )
    })
  }

  #double(machine: Machine, { signal }: Step): Leftover {
    const { guard, settings } = this.#context
    const { ref, owner, host } = machine
    const what = `remove ${ref.name}, made ${startedAt(owner)}: another machine has its token`
    return {
      id: `double ${host.uri} ${ref.uuid}`,
      afterMs: settings.orphanAfterMs,
      settle: async () =>
        keptProblems(ref.name, await removeMachine(machine, { what, signal, shutdownMs: 0, guard })),
    }
  }

  /** What a migration left: its files are the running machine's, so only the definition may go, and only when that is sure. */
  #stale(machine: Machine, counts: Machine, step: Step): Leftover {
    const { ref, host } = machine
    return {
      id: `stale ${host.uri} ${ref.uuid}`,
      afterMs: this.#context.settings.orphanAfterMs,
      settle: async () => {
        // Two that are active are one machine on its way.
        if (isActive(machine.state)) return []
        if (counts.state.state === 'running' && (await isStored(counts, step))) {
          await undefineStale(host, ref, step)
          return []
        }
        const where = `${counts.host.label}, ${counts.state.state === 'running' ? 'without being stored there' : 'where it does not run'}`
        const message =
          `${ref.name} is defined on ${host.label} and on ${where}: nothing of it is removed. Undefine the one that is not ` +
          `wanted, without its storage: virsh undefine ${ref.name} --keep-nvram`
        return [{ about: `${ref.name} on ${host.label}`, message }]
      },
    }
  }

  /** Files and host entries that no machine names. */
  #unclaimed(
    machines: readonly Machine[],
    belongings: readonly Belongings[],
    group: string,
    step: Step,
  ): readonly Leftover[] {
    const uuidParts = new Set(machines.map(({ ref }) => ref.uuid.slice(0, 8)))
    const entryNames = new Set(machines.map(({ owner }) => owner.entryName))
    const files = belongings.flatMap((one) => one.files).filter(({ owner }) => !uuidParts.has(owner.uuidPart))
    const entries = belongings
      .flatMap((one) => one.entries)
      .filter(({ entry }) => !entryNames.has(entry.name))
    const marks = new Set(this.#context.fleet.hosts.map(({ mark }) => mark))
    const own = files.filter(({ owner }) => marks.has(owner.mark))
    const others = files.filter(({ owner }) => !marks.has(owner.mark))
    return [
      ...entries.map((entry) => this.#entry(entry, step)),
      ...this.#byMaker(own).map((file) => this.#file(file, others, step)),
      ...(others.length === 0 ? [] : [this.#others(others, group)]),
    ]
  }

  /** On shared storage each hypervisor shows the same file: once, by the one that made it. */
  #byMaker(files: readonly OwnFile[]): readonly OwnFile[] {
    if (!this.#context.settings.sharedStorage) return files
    const byName = new Map<string, OwnFile>()
    for (const file of files) {
      if (!byName.has(file.file) || file.host.mark === file.owner.mark) byName.set(file.file, file)
    }
    return [...byName.values()]
  }

  #entry({ host, network, entry }: OwnEntry, step: Step): Leftover {
    const { guard, settings } = this.#context
    return {
      id: `entry ${host.uri} ${entry.name}`,
      afterMs: settings.orphanAfterMs,
      settle: async () => {
        const [user] = await guard.cardUsers(host, entry.mac, [], step)
        if (user === undefined) {
          await releaseAddress(host, { network, name: entry.name }, step)
          return []
        }
        const about = `DHCP host entry ${entry.name} of network ${network}`
        const message = `${about} (${entry.ip}) stays: the domain ${user} of ${host.label}, no machine of the group, has its MAC address`
        return [{ about, message }]
      },
    }
  }

  #file({ host, store, file }: OwnFile, others: readonly OwnFile[], step: Step): Leftover {
    const { guard, settings } = this.#context
    const path = store.pathOf(file)
    const told = (why: string): readonly BackendProblem[] => [
      {
        about: path,
        message: `${path} of ${host.label} has the name of this group and belongs to no machine of it; it stays: ${why}`,
      },
    ]
    const byHand = `look who uses it on every host that reaches it, then remove it: virsh -c '${host.label}' vol-delete ${path}`
    return {
      id: `file ${host.uri} ${file}`,
      afterMs: Math.min(settings.orphanAfterMs, settings.sharedStorage ? every.mostMs : Infinity),
      settle: async () => {
        if (settings.sharedStorage) {
          return told(
            `hypervisors that are not listed may use it. Where none can reach that storage, sharedStorage: false has it removed; else ${byHand}`,
          )
        }
        if (others.length > 0) {
          return told(
            `sharedStorage is false, and yet there are files that a hypervisor which is not listed has made; ${byHand}`,
          )
        }
        const { free, kept } = await guard.ask({ host, store, files: [file], own: [], isIdle: true }, step)
        await store.remove(free, step)
        return kept.flatMap(({ why }: Kept) => told(`${why}. It goes by itself once that is over`))
      },
    }
  }

  #others(others: readonly OwnFile[], group: string): Leftover {
    const [first] = others
    const makers = new Set(others.map(({ owner }) => owner.mark)).size
    const path = first === undefined ? '' : first.store.pathOf(first.file)
    const message =
      `${others.length} files of group ${group}, such as ${path}, were made on ${makers} hypervisors that are not listed here: they ` +
      'stay, for their machines may run there. List those hypervisors; or if they are gone for good, remove the files by hand'
    return {
      id: 'others',
      isForeign: true,
      afterMs: Math.min(this.#context.settings.orphanAfterMs, every.mostMs),
      settle: async () => [{ about: 'files of other hypervisors', message }],
    }
  }
}

/** Whether a machine outlives its run where it is: after a migration it may not. */
async function isStored({ host, ref }: Machine, { what, signal }: Step): Promise<boolean> {
  try {
    await host.ask(
      { what: `${what}: look whether ${ref.name} is stored`, signal },
      async (hypervisor, call) => hypervisor.domainGetMetadata(ref, metadata.uri, affectConfig, call),
    )
    return true
  } catch (error) {
    if (isTransient(error)) return false
    throw error
  }
}
