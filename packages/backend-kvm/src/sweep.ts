import { isOfGroup, newestOf, startedAt, type Context } from './context.js'
import { openStore } from './disk-store.js'
import type { Host } from './host.js'
import { releaseAddress } from './host-entries.js'
import type { Machine } from './inventory.js'
import { domainName, groupMark, readFileName, readHostName } from './names.js'
import { removeMachine } from './remove.js'

/** From one sweep of a group to the next; less where orphans go sooner. */
const every = { leastMs: 1000, mostMs: 60_000 }

/** Something that no machine claims. */
interface Orphan {
  readonly id: string
  readonly remove: () => Promise<void>
}

/**
 * Removes what carries a group's name and belongs to no machine: files and host entries of domains that somebody
 * undefined by hand, and machines whose token another one has. Since a domain is defined before anything is made for it
 * and goes last, none of this belongs to a launch on its way; and still it must have been seen without a machine for a
 * while before it goes. Only of groups that this backend was asked for, and only while every hypervisor answers: on
 * shared storage a file may belong to a machine of any of them.
 */
export class Sweeper {
  readonly #context: Context
  /** By group, on the clock's monotonic time. */
  readonly #lastMs = new Map<string, number>()
  /** By orphan: when it was first seen as one. */
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

  async sweep(group: string, signal: AbortSignal): Promise<void> {
    const { fleet, settings } = this.#context
    this.#lastMs.set(group, fleet.clock.monotonic())
    // Files first, then the domains they may belong to: what is made in between has its domain before its files.
    const listed = await Promise.all(fleet.hosts.map(async (host) => this.#belongings(host, group, signal)))
    for (const host of fleet.hosts) host.machines.invalidate()
    const sights = await fleet.look(signal)
    if (sights.some(({ down }) => down !== undefined)) return
    const machines = sights
      .flatMap((sight) => sight.machines)
      .filter((machine) => isOfGroup(machine, settings.scope, group))
    const orphans = [
      ...listed.flatMap((found) => found.filter(({ isOf }) => !machines.some(isOf))),
      ...this.#doubles(machines, signal),
    ]
    await this.#remove(group, orphans)
  }

  /** Those that are orphans for long enough. */
  async #remove(group: string, orphans: readonly Orphan[]): Promise<void> {
    const { fleet, settings } = this.#context
    const nowMs = fleet.clock.monotonic()
    const ids = new Set(orphans.map(({ id }) => `${group} ${id}`))
    for (const id of this.#firstSeenMs.keys()) {
      if (id.startsWith(`${group} `) && !ids.has(id)) this.#firstSeenMs.delete(id)
    }
    for (const orphan of orphans) {
      const id = `${group} ${orphan.id}`
      const firstMs = this.#firstSeenMs.get(id) ?? nowMs
      this.#firstSeenMs.set(id, firstMs)
      if (nowMs - firstMs < settings.orphanAfterMs) continue
      await orphan.remove()
      this.#firstSeenMs.delete(id)
    }
  }

  async #belongings(
    host: Host,
    group: string,
    signal: AbortSignal,
  ): Promise<readonly (Orphan & { readonly isOf: (machine: Machine) => boolean })[]> {
    const { settings } = this.#context
    const { scope, template } = settings
    const step = { what: `sweep group ${group}`, signal }
    const store = await openStore(host, template.storage, step)
    const files = (await store.list(step)).flatMap((file) => {
      const owner = readFileName(file)
      return owner?.scope === scope && owner.group === group ? [{ file, owner }] : []
    })
    const [network] = template.networks
    const hasEntries = typeof template.address === 'object' && typeof network === 'string'
    const entries = hasEntries ? (await host.leases.network(network, signal)).entries : []
    const mark = groupMark({ scope, group })
    return [
      ...files.map(({ file, owner }) => ({
        id: `${host.uri} ${file}`,
        isOf: ({ ref }: Machine) => ref.name === domainName(owner) && ref.uuid.startsWith(owner.uuidPart),
        remove: async () => store.remove(file, step),
      })),
      ...entries
        .filter(({ name }) => readHostName(name)?.groupMark === mark)
        .map(({ name }) => ({
          id: `${host.uri} entry ${name}`,
          isOf: ({ owner }: Machine) => owner.entryName === name,
          remove: async () =>
            typeof network === 'string' ? releaseAddress(host, { network, name }, step) : undefined,
        })),
    ]
  }

  /** Machines whose token another one has: a launch that got no answer from one hypervisor went on to the next. */
  #doubles(machines: readonly Machine[], signal: AbortSignal): readonly Orphan[] {
    return machines.flatMap((machine) => {
      const { owner, ref } = machine
      if (owner.token === undefined) return []
      const others = machines.filter((other) => other.owner.token === owner.token)
      if (others.length < 2 || newestOf(others) === machine) return []
      const what = `remove ${ref.name}, made ${startedAt(owner)}: another machine has its token`
      return [
        {
          id: `double ${ref.uuid}`,
          remove: async () => removeMachine(machine, { what, signal, shutdownMs: 0 }),
        },
      ]
    })
  }
}
