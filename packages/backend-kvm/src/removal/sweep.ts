import { FlotillaError, type BackendProblem, type BatchReport } from '@flotilla/core'
import { KeyedQueue, messageOf, toFlotillaError } from '@flotilla/core/authoring'
import type { Step } from '../connection/link.js'
import type { Context } from '../context.js'
import { isEnded, isOfGroup } from '../host/machines.js'
import { belongingsOn, toldAfterMs, type Leftover } from './leftovers.js'
import { doubles, ended } from './stale-machines.js'
import { unclaimed } from './unclaimed.js'

/** From one sweep of a group to the next; less where leftovers go sooner. */
const every = { leastMs: 1000, mostMs: toldAfterMs }

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
    const { hypervisors, settings } = this.#context
    const last = this.#lastMs.get(group)
    const everyMs = Math.min(every.mostMs, Math.max(every.leastMs, settings.orphanAfterMs))
    return last === undefined || hypervisors.clock.monotonic() - last >= everyMs
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
    const { hypervisors, problems } = this.#context
    this.#lastMs.set(group, hypervisors.clock.monotonic())
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
    const { hypervisors, settings, problems } = this.#context
    const hosts = hypervisors.hosts.filter((host) => !hypervisors.isKnownDown(host))
    // Files first, then the domains they may belong to: what is made in between has its domain before its files.
    const belongings = await Promise.all(
      hosts.map(async (host) => belongingsOn(this.#context, host, group, step)),
    )
    for (const host of hosts) {
      host.machines.invalidate()
      // A machine that was ended a moment ago uses nothing any more, and after the end of a group nobody looks again.
      host.uses.invalidate()
    }
    const views = await hypervisors.look(step.signal)
    const isWhole = views.every(({ down }) => down === undefined)
    const machines = views
      .filter(({ down }) => down === undefined)
      .flatMap((view) => view.machines)
      .filter((machine) => isOfGroup(machine, settings.scope, group))
    const left = machines.filter(isEnded)
    problems.prune(group, 'machine ', new Set(left.map(({ ref }) => `machine ${ref.uuid}`)))
    const leftovers = [
      ...left.map((machine) => ended(this.#context, machine, step)),
      ...(isWhole ? doubles(this.#context, machines, step) : []),
      // Files of a machine that cannot be seen now are no leftovers.
      ...(isWhole ? unclaimed(this.#context, { machines, belongings, group }, step) : []),
    ]
    return this.#settle(group, leftovers, isLast)
  }

  /** Each one that is left for long enough, one after the other. */
  async #settle(group: string, leftovers: readonly Leftover[], isLast: boolean): Promise<Failed> {
    const { hypervisors, problems } = this.#context
    const nowMs = hypervisors.clock.monotonic()
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
}
