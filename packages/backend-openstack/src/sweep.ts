import { collect } from '@flotilla/openstack-client'
import type { Context } from './context.js'
import { ownedKinds, removeBelongings } from './belongings.js'
import { markOf, readMark } from './labels.js'

/** Between two sweeps; and the least time for which something must have been without a server. */
export const sweepMs = 300_000

/**
 * Removes ports and floating addresses of a group that have had no server for a whole time between two sweeps: what a
 * launch left that died on its way, here or in another program.
 */
export class Sweeper {
  readonly #context: Context
  /** By group: the marks that had no server at the last sweep, and when that was. */
  readonly #last = new Map<string, { readonly atMs: number; readonly orphans: ReadonlySet<string> }>()

  constructor(context: Context) {
    this.#context = context
  }

  isDue(group: string): boolean {
    if (ownedKinds(this.#context.settings).length === 0) return false
    const last = this.#last.get(group)
    return last === undefined || this.#context.connection.clock.monotonic() - last.atMs >= sweepMs
  }

  /** @returns the marks of what was removed */
  async sweep(group: string, signal: AbortSignal): Promise<readonly string[]> {
    const { connection, underWay, settings } = this.#context
    const atMs = connection.clock.monotonic()
    const before = this.#last.get(group)?.orphans ?? new Set()
    // Once a time, whatever comes of it.
    this.#last.set(group, { atMs, orphans: before })
    const marks = await this.#marks(group, signal)
    const taken = new Set((await connection.fleet.of(group, { signal })).map(({ label }) => markOf(label)))
    const orphans = [...marks].filter((mark) => !taken.has(mark) && !underWay.has(mark))
    const removed: string[] = []
    for (const mark of orphans.filter((one) => before.has(one))) {
      await removeBelongings(this.#context, ownedKinds(settings), { mark, what: `sweep ${mark}`, signal })
      removed.push(mark)
    }
    this.#last.set(group, { atMs, orphans: new Set(orphans) })
    return removed
  }

  /** Marks of the group that ports without a server, and floating addresses, carry. */
  async #marks(group: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { connection, settings } = this.#context
    const found = await connection.ask({ what: `sweep ${group}`, signal }, async (client, call) => {
      const ports = await collect(client.network.ports.list({}, call))
      const floating =
        settings.template.floatingIpFrom === undefined
          ? []
          : await collect(client.network.floatingIps.list({}, call))
      return [
        ...ports.filter(({ deviceId }) => deviceId === undefined).map(({ name }) => name),
        ...floating.map(({ description }) => description),
      ]
    })
    return new Set(
      found.flatMap((text) => {
        const mark = readMark(text)
        return text !== undefined && mark?.group === group && mark.scope === settings.scope ? [text] : []
      }),
    )
  }
}
