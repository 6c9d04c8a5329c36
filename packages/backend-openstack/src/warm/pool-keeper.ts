import { randomBytes } from 'node:crypto'
import { FlotillaError, type BackendProblem, type BatchReport } from '@flotilla/core'
import { messageOf, sharedSignal } from '@flotilla/core/authoring'
import type { Context } from '../context.js'
import { isOwned, type OwnedServer } from '../labels.js'
import { launch } from '../launch.js'
import { SpareReadiness } from './spare-readiness.js'
import { terminate } from '../terminate.js'
import { putToSleep } from './spares.js'

/** Between two rounds for the pool of one group; doubles with each failed one. */
const tendMs = 2000
const mostTendMs = 60_000

/** Between two looks at the spares that are left of a pool that ends. */
const endPauseMs = 500

/** One round for a pool, under way. */
interface Tending {
  readonly stop: AbortController
  readonly ended: Promise<void>
}

/**
 * Keeps the number of spares of each group that is listed. It makes missing spares, puts ready ones to sleep, and ends spares
 * that are too many, failed, or made from another template. It works beside the controller, which sees no spare.
 */
export class PoolKeeper {
  readonly #context: Context
  readonly #nextMs = new Map<string, number>()
  readonly #failures = new Map<string, number>()
  readonly #tending = new Map<string, Tending>()
  /** Groups that have ended: they get no spares until an instance of theirs is launched. */
  readonly #ended = new Set<string>()
  readonly #readiness: SpareReadiness

  constructor(context: Context) {
    this.#context = context
    this.#readiness = new SpareReadiness(context)
  }

  isDue(group: string): boolean {
    const { settings, connection } = this.#context
    if (settings.warmPool === undefined || this.#ended.has(group) || this.#tending.has(group)) return false
    return connection.clock.monotonic() >= (this.#nextMs.get(group) ?? -Infinity)
  }

  /** Call it at each launch: a group that had ended gets spares again. */
  lives(group: string): void {
    this.#ended.delete(group)
  }

  /** Runs in the background. What the cloud refuses becomes a problem, and is tried again. */
  async tend(group: string, closing: AbortSignal): Promise<void> {
    const stop = new AbortController()
    const ended = this.#tend(group, sharedSignal(AbortSignal.any([closing, stop.signal])))
    this.#tending.set(group, { stop, ended: ended.then(nothing, nothing) })
    try {
      await ended
    } finally {
      this.#tending.delete(group)
    }
  }

  /**
   * Ends every spare, also those that are being made or put to sleep now, and waits until no list shows one. It waits for a
   * spare that a launch is taking: the spare becomes an instance, or a spare again.
   */
  async end(group: string, signal: AbortSignal): Promise<BatchReport> {
    this.#ended.add(group)
    const { connection, settings, problems } = this.#context
    const { clock } = connection
    const endMs = clock.monotonic() + settings.terminateTimeoutMs
    const tending = this.#tending.get(group)
    tending?.stop.abort(new FlotillaError('closed', `the warm pool of ${group} ends`))
    await tending?.ended
    const done = new Set<string>()
    let failed: BatchReport['failed'] = []
    for (;;) {
      // A spare that was just made may be in no list by tag yet.
      connection.serverList.expectUnseen(endPauseMs)
      const left = (await this.#spares(group, signal)).filter(({ server }) => !done.has(server.id))
      const [taken, free] = [true, false].map((is) => left.filter((owned) => this.#isTaken(owned) === is))
      const ids = (free ?? []).map(({ server }) => server.id)
      const report = await terminate(this.#context, { group, ids, onlySpares: true }, signal)
      for (const id of report.done) done.add(id)
      failed = [
        ...report.failed,
        ...(taken ?? []).map(({ server: { id } }) => ({ id, error: isBeingTaken(id) })),
      ]
      // A refusal would only come again. A spare is taken for a short time only.
      const mayGoOn = report.done.length > 0 || (taken ?? []).length > 0
      if (!mayGoOn || clock.monotonic() >= endMs) break
      await clock.sleep(endPauseMs, { signal })
    }
    problems.set(group, 'warm pool', [])
    return { done: [...done], failed }
  }

  async #tend(group: string, signal: AbortSignal): Promise<void> {
    const { settings, connection, templateHash, problems } = this.#context
    const count = settings.warmPool?.count ?? 0
    const found: BackendProblem[] = []
    /** Goes on with the next step after one that failed. */
    const attempt = async (about: string, work: () => Promise<void>): Promise<boolean> => {
      try {
        await work()
        return true
      } catch (error) {
        if (!(error instanceof FlotillaError)) throw error
        found.push({ about, message: `warm pool of ${group}: ${messageOf(error)}`, error })
        return false
      }
    }
    try {
      await attempt('warm pool', async () => {
        const spares = (await this.#spares(group, signal)).filter(
          (owned) => !this.#isTaken(owned) && !owned.server.isDeleting,
        )
        const isGood = ({ server, label }: OwnedServer): boolean =>
          server.status !== 'ERROR' && label.templateHash === templateHash
        const good = spares.filter(isGood)
        found.push(...spares.flatMap(failedSpare))
        const surplus = [...spares.filter((owned) => !isGood(owned)), ...good.slice(count)]
        if (surplus.length > 0) {
          const ids = surplus.map(({ server }) => server.id)
          const { failed } = await terminate(this.#context, { group, ids, onlySpares: true }, signal)
          for (const { id, error } of failed)
            found.push({ about: `spare ${id}`, message: `warm pool of ${group}: ${error.message}`, error })
        }
        const running = good
          .slice(0, count)
          .filter(({ server }) => server.status === 'ACTIVE' && server.taskState === undefined)
        for (const { server } of await this.#readiness.ready(group, running, signal)) {
          await attempt(`spare ${server.id}`, async () => putToSleep(this.#context, server, signal))
        }
        for (let missing = count - good.length; missing > 0 && !this.#ended.has(group); missing -= 1) {
          const token = `spare-${randomBytes(6).toString('hex')}`
          const isMade = await attempt('warm pool', async () => {
            await launch(this.#context, { group, token }, { signal, isSpare: true })
          })
          // The next would be refused for the same reason.
          if (!isMade) break
        }
      })
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      if (!signal.aborted) problems.set(group, 'warm pool', found)
      const failures = found.length === 0 ? 0 : (this.#failures.get(group) ?? 0) + 1
      this.#failures.set(group, failures)
      const pauseMs = Math.min(mostTendMs, tendMs * 2 ** failures)
      this.#nextMs.set(group, connection.clock.monotonic() + (failures === 0 ? tendMs : pauseMs))
    }
  }

  #isTaken({ server }: OwnedServer): boolean {
    return this.#context.taking.has(server.id)
  }

  /** Every spare, also those being deleted: what was made for them still exists. */
  async #spares(group: string, signal: AbortSignal): Promise<readonly OwnedServer[]> {
    const { connection, settings, terminating } = this.#context
    const ownedServers = await connection.serverList.of(group, { signal })
    const ids = new Set(ownedServers.map(({ server }) => server.id))
    const ending = terminating.all().filter(({ server }) => !ids.has(server.id))
    return [...ownedServers, ...ending].filter(
      ({ label }) => isOwned(label, { group, scope: settings.scope }) && label.role === 'spare',
    )
  }
}

const nothing = (): void => {}

const isBeingTaken = (id: string): FlotillaError =>
  new FlotillaError('conflict', `end the spare ${id}: a launch is taking it`, { instanceId: id })

const failedSpare = ({ server: { id, status, fault }, label }: OwnedServer): readonly BackendProblem[] =>
  status === 'ERROR'
    ? [
        {
          about: `spare ${id}`,
          message: `warm pool of ${label.group}: a spare came to ERROR: ${fault?.message ?? 'Nova shows no fault'}`,
        },
      ]
    : []
