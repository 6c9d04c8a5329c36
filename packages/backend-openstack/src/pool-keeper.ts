import { randomBytes } from 'node:crypto'
import { FlotillaError, type BatchReport } from '@flotilla/core'
import type { Context } from './context.js'
import type { Ship } from './fleet.js'
import { isOwned } from './labels.js'
import { launch } from './launch.js'
import { SpareReadiness } from './spare-readiness.js'
import { terminate } from './terminate.js'
import { putToSleep } from './warm-pool.js'

/** Between two looks after the pool of one group. */
const tendMs = 2000

/**
 * Keeps the spares of each group that is listed at their count: makes what is missing, puts to sleep what is ready, ends what
 * is too many, failed, or made from another template. It works beside the controller, which sees no spare.
 */
export class PoolKeeper {
  readonly #context: Context
  readonly #tended = new Map<string, number>()
  readonly #ended = new Set<string>()
  readonly #readiness: SpareReadiness

  constructor(context: Context) {
    this.#context = context
    this.#readiness = new SpareReadiness(context)
  }

  isDue(group: string): boolean {
    const { settings, connection } = this.#context
    if (settings.warmPool === undefined || this.#ended.has(group)) return false
    const last = this.#tended.get(group)
    return last === undefined || connection.clock.monotonic() - last >= tendMs
  }

  /** Never rejects for what the cloud refuses: it is tried again at the next look. */
  async tend(group: string, signal: AbortSignal): Promise<void> {
    const { settings, connection, templateHash } = this.#context
    const count = settings.warmPool?.count ?? 0
    this.#tended.set(group, Infinity)
    try {
      const spares = await this.#spares(group, signal)
      const isGood = ({ server, label }: Ship): boolean =>
        server.status !== 'ERROR' && label.templateHash === templateHash
      const good = spares.filter(isGood)
      const surplus = [...spares.filter((ship) => !isGood(ship)), ...good.slice(count)]
      if (surplus.length > 0) {
        await terminate(this.#context, { group, ids: surplus.map(({ server }) => server.id) }, signal)
      }
      const running = good
        .slice(0, count)
        .filter(({ server }) => server.status === 'ACTIVE' && server.taskState === undefined)
      for (const { server } of await this.#readiness.ready(group, running, signal)) {
        await putToSleep(this.#context, server, signal)
      }
      for (let missing = count - good.length; missing > 0 && !this.#ended.has(group); missing -= 1) {
        const token = `spare-${randomBytes(6).toString('hex')}`
        await launch(this.#context, { group, token }, { signal, isSpare: true })
      }
    } catch (error) {
      if (!(error instanceof FlotillaError) && !signal.aborted) throw error
    } finally {
      this.#tended.set(group, connection.clock.monotonic())
    }
  }

  async end(group: string, signal: AbortSignal): Promise<BatchReport> {
    this.#ended.add(group)
    const spares = await this.#spares(group, signal)
    return terminate(this.#context, { group, ids: spares.map(({ server }) => server.id) }, signal)
  }

  async #spares(group: string, signal: AbortSignal): Promise<readonly Ship[]> {
    const { connection, settings, taking } = this.#context
    const ships = await connection.fleet.of(group, { signal })
    return ships.filter(
      ({ server, label }) =>
        isOwned(label, { group, scope: settings.scope }) &&
        label.role === 'spare' &&
        !server.isDeleting &&
        !taking.has(server.id),
    )
  }
}
