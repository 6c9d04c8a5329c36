import { randomBytes } from 'node:crypto'
import { FlotillaError, type BackendProblem, type BatchReport } from '@flotilla/core'
import { WarmPoolKeeper, messageOf, planWarmPool, type SpareFacts } from '@flotilla/core/authoring'
import type { Context } from '../context.js'
import { isOwned, type OwnedServer } from '../labels.js'
import { launch } from '../launch.js'
import { terminate } from '../terminate.js'
import { SpareReadiness } from './spare-readiness.js'
import { isAsleep, putToSleep } from './spares.js'

/** Between two rounds for the pool of one group, and after a failed one; doubles up to `longestPauseMs`. */
const defaults = { everyMs: 2000, firstPauseMs: 4000, longestPauseMs: 60_000 }

/** Between two looks at the spares that are left of a pool that ends. */
const endPauseMs = 500

/**
 * Keeps the number of spares of each group that is listed. It makes missing spares, puts ready ones to sleep, and ends spares
 * that are too many, failed, or made from another template. It works beside the controller, which sees no spare.
 */
export class WarmPool {
  readonly #context: Context
  readonly #keeper: WarmPoolKeeper
  readonly #readiness: SpareReadiness

  constructor(context: Context) {
    this.#context = context
    this.#readiness = new SpareReadiness(context)
    const { connection, problems, settings } = context
    this.#keeper = new WarmPoolKeeper({
      clock: connection.clock,
      problems,
      onProblem: settings.warmPool?.onProblem,
      tend: async (group, signal) => this.#tend(group, signal),
      ...defaults,
    })
  }

  /** Looks after the pool of a group in the background, when that is due. */
  keepUp(group: string): void {
    const { settings, connection } = this.#context
    if (settings.warmPool !== undefined) connection.inBackground(this.#keeper.keepUp(group))
  }

  /** Call it at each launch: a group that had ended gets spares again. */
  begin(group: string): void {
    this.#keeper.begin(group)
  }

  close(): void {
    this.#keeper.close()
  }

  /**
   * Ends every spare, also those that are being made or put to sleep now, and waits until no list shows one. It waits for a
   * spare that a launch is taking: the spare becomes an instance, or a spare again.
   */
  async end(group: string, signal: AbortSignal): Promise<BatchReport> {
    const { connection, settings } = this.#context
    const { clock } = connection
    const endMs = clock.monotonic() + settings.terminateTimeoutMs
    await this.#keeper.end(group)
    const done = new Set<string>()
    let failed: BatchReport['failed'] = []
    for (;;) {
      // A spare that was just made may be in no list by tag yet.
      connection.serverList.expectUnseen(endPauseMs)
      const left = (await this.#spares(group, signal)).filter(({ server }) => !done.has(server.id))
      const taken = left.filter((spare) => this.#isTaken(spare))
      const free = left.filter((spare) => !this.#isTaken(spare))
      const ids = free.map(({ server }) => server.id)
      const report = await terminate(this.#context, { group, ids, onlySpares: true }, signal)
      for (const id of report.done) done.add(id)
      failed = [...report.failed, ...taken.map(({ server: { id } }) => ({ id, error: isBeingTaken(id) }))]
      // A refusal would only come again. A spare is taken for a short time only.
      const mayGoOn = report.done.length > 0 || taken.length > 0
      if (!mayGoOn || clock.monotonic() >= endMs) break
      await clock.sleep(endPauseMs, { signal })
    }
    return { done: [...done], failed }
  }

  /** One round. A step that fails is a problem, and the next step is done all the same. */
  async #tend(group: string, signal: AbortSignal): Promise<readonly BackendProblem[]> {
    const { settings } = this.#context
    const found: BackendProblem[] = []
    const attempt = async (about: string, step: () => Promise<unknown>): Promise<boolean> => {
      try {
        await step()
        return true
      } catch (error) {
        if (!(error instanceof FlotillaError)) throw error
        found.push({ about, message: `warm pool of ${group}: ${messageOf(error)}`, error })
        return false
      }
    }
    const spares = (await this.#spares(group, signal)).filter(({ server }) => !server.isDeleting)
    const size = settings.warmPool?.size ?? 0
    const plan = planWarmPool(spares, size, (spare) => this.#factsOf(spare))
    found.push(...spares.flatMap(failedSpare))
    const surplus = plan.surplus.map(({ server }) => server.id)
    const { failed } = await terminate(this.#context, { group, ids: surplus, onlySpares: true }, signal)
    for (const { id, error } of failed)
      found.push({ about: `spare ${id}`, message: `warm pool of ${group}: ${error.message}`, error })
    const running = plan.preparing.filter(
      ({ server }) => server.status === 'ACTIVE' && server.taskState === undefined,
    )
    for (const { server } of await this.#readiness.ready(group, running, signal)) {
      await attempt(`spare ${server.id}`, async () => putToSleep(this.#context, server, signal))
    }
    for (let missing = plan.missing; missing > 0 && !this.#keeper.hasEnded(group); missing -= 1) {
      const token = `spare-${randomBytes(6).toString('hex')}`
      const isMade = await attempt('warm pool', async () =>
        launch(this.#context, { group, token }, { signal, isSpare: true }),
      )
      // The next would be refused for the same reason.
      if (!isMade) break
    }
    return found
  }

  #factsOf(spare: OwnedServer): SpareFacts {
    const { server, label } = spare
    return {
      isBusy: this.#isTaken(spare),
      isUseful: server.status !== 'ERROR' && label.templateHash === this.#context.templateHash,
      isReady: isAsleep(server),
      createdAt: server.createdAt ?? 0,
    }
  }

  #isTaken({ server }: OwnedServer): boolean {
    return this.#context.taking.has(server.id)
  }

  /** Every spare, also those being deleted: what was made for them still exists. */
  async #spares(group: string, signal: AbortSignal): Promise<readonly OwnedServer[]> {
    const { connection, settings, terminating } = this.#context
    const listed = await connection.serverList.of(group, { signal })
    const ids = new Set(listed.map(({ server }) => server.id))
    const ending = terminating.all().filter(({ server }) => !ids.has(server.id))
    return [...listed, ...ending].filter(
      ({ label }) => isOwned(label, { group, scope: settings.scope }) && label.role === 'spare',
    )
  }
}

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
