import type { Context } from '../context.js'
import type { OwnedServer } from '../labels.js'
import { toInstance } from '../to-instance.js'

/**
 * Finds out which running spares have booted. Nova calls a server ACTIVE when its guest begins to boot. A spare that is put to
 * sleep then has to boot after it is woken.
 */
export class SpareReadiness {
  readonly #context: Context
  /** By group and id: when a spare was first seen running, on our monotonic clock. */
  readonly #runningSince = new Map<string, ReadonlyMap<string, number>>()

  constructor(context: Context) {
    this.#context = context
  }

  /** @param running - all running spares of the group */
  async ready(
    group: string,
    running: readonly OwnedServer[],
    signal: AbortSignal,
  ): Promise<readonly OwnedServer[]> {
    const now = this.#context.connection.clock.monotonic()
    const before = this.#runningSince.get(group)
    const since = new Map(running.map(({ server: { id } }) => [id, before?.get(id) ?? now]))
    this.#runningSince.set(group, since)
    const are = await Promise.all(
      running.map(async (owned) => this.#isReady(owned, now - (since.get(owned.server.id) ?? now), signal)),
    )
    return running.filter((_, index) => are[index])
  }

  async #isReady(owned: OwnedServer, runsMs: number, signal: AbortSignal): Promise<boolean> {
    const { settings, connection } = this.#context
    const { warmPool, template } = settings
    // Without a port there is nothing to probe.
    if (warmPool === undefined || template.port === undefined) return true
    // It may be out of our reach. If it is broken, the controller finds out after the wake.
    if (runsMs >= warmPool.bootTimeoutMs) return true
    const instance = toInstance(owned, settings, { now: connection.clock.now(), buildMs: 0 })
    const { address } = instance
    if (address !== undefined) return (await warmPool.ready.check({ instance, address }, { signal })).healthy
    connection.serverList.lacks(instance.id)
    return false
  }
}
