import type { Clock } from '@flotilla/core'
import { withDeadline } from '@flotilla/core/authoring'
import type { NginxApi } from '../nginx-api.js'
import { deferred } from './deferred.js'
import type { Drain, DrainOutcome, Generation, LeavingWorkers, Removed } from './drain.js'

export interface DrainWatchOptions {
  readonly api: Pick<NginxApi, 'stillRunning' | 'connectedTo'>
  readonly clock: Clock
  /** Bound of one look. */
  readonly timeoutMs: number
  /** How long a removed member may keep its requests. */
  readonly drainMs: number
  /** Time between two looks: at first, and at most. */
  readonly pollMs: readonly [first: number, most: number]
}

/** What a drain waits for of workers that were told to leave together. */
interface Part {
  readonly generation: Generation
  hasEnded: boolean
  /** Whether they had connections to the member when that was last seen; true as long as nobody looked. */
  isConnected: boolean
}

interface Watched {
  readonly removed: Removed
  /** Undefined where workers cannot be seen. */
  readonly parts: readonly Part[] | undefined
  readonly cutAtMs: number
  /** Nginx has cut some of its requests. */
  wasCut: boolean
  readonly settle: (outcome: DrainOutcome) => void
}

/** Waits for old workers to end: with the last of them ends the traffic of what they knew and the new ones do not. */
export class DrainWatch {
  readonly #options: DrainWatchOptions
  readonly #watched = new Set<Watched>()
  readonly #stop = new AbortController()
  #isLooking = false
  /** Time after which leaving workers cut what is left: as it should be, until the configuration tells how it is. */
  workerShutdownMs: number

  constructor(options: DrainWatchOptions) {
    this.#options = options
    this.workerShutdownMs = options.drainMs
  }

  /** From being told to leave, a worker cuts nothing before this has passed. */
  get shortestMs(): number {
    return Math.min(this.#options.drainMs, this.workerShutdownMs)
  }

  /** Watches one removal from now on. */
  add(removed: Removed, workers: LeavingWorkers): Drain {
    const { promise: outcome, resolve: settle } = deferred<DrainOutcome>()
    const cutAtMs = this.#options.clock.monotonic() + this.#options.drainMs
    const parts = workers?.map((generation) => ({ generation, hasEnded: false, isConnected: true }))
    this.#watched.add({ removed, parts, cutAtMs, wasCut: false, settle })
    this.#look()
    return { memberId: removed?.memberId, outcome }
  }

  /** These are members again: nobody waits for their traffic to end. */
  readmit(memberIds: ReadonlySet<string>): void {
    for (const drain of this.#watched) {
      if (drain.removed !== undefined && memberIds.has(drain.removed.memberId)) {
        this.#settle(drain, 'readmitted')
      }
    }
  }

  /** Looks no more; what is under way stays unsettled. */
  stop(): void {
    this.#watched.clear()
    this.#stop.abort()
  }

  #look(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    this.#lookUntilOver()
      // A fault of ours must not leave drains without end, nor become an unhandled rejection.
      .catch(() => this.#settleAll('cut'))
      .finally(() => {
        this.#isLooking = false
        if (this.#watched.size > 0) this.#look()
      })
  }

  async #lookUntilOver(): Promise<void> {
    const { clock, pollMs } = this.#options
    const { signal } = this.#stop
    let [delayMs] = pollMs
    for (;;) {
      const before = this.#watched.size
      await this.#lookOnce()
      if (this.#watched.size === 0) return
      // News make more news likely.
      delayMs = this.#watched.size < before ? pollMs[0] : Math.min(delayMs * 2, pollMs[1])
      await clock.sleep(Math.max(0, Math.min(delayMs, this.#untilNextMoment())), { signal })
    }
  }

  async #lookOnce(): Promise<void> {
    const running = await this.#stillRunning()
    const nowMs = this.#options.clock.monotonic()
    for (const drain of this.#watched) {
      const parts = running === undefined ? undefined : drain.parts
      for (const part of parts ?? []) {
        if (part.hasEnded || part.generation.ids.some((id) => running?.has(id))) continue
        part.hasEnded = true
        // Workers that end when their time is up have cut what they still had.
        if (nowMs >= this.#limitMs(drain, part) && part.isConnected) drain.wasCut = true
      }
      const left = parts?.filter(({ hasEnded }) => !hasEnded)
      if (left?.length === 0) this.#settle(drain, drain.wasCut ? 'cut' : 'drained')
      else if (nowMs >= drain.cutAtMs) {
        const isBusy = left?.some(({ isConnected }) => isConnected) ?? true
        this.#settle(drain, drain.wasCut || isBusy ? 'cut' : 'drained')
      }
    }
    if (running !== undefined) await this.#lookAtConnections(running)
  }

  /** Undefined when they cannot be seen now: the next look may see them. */
  async #stillRunning(): Promise<ReadonlySet<string> | undefined> {
    const { api } = this.#options
    const parts = [...this.#watched].flatMap((drain) => drain.parts ?? [])
    const ids = [...new Set(parts.flatMap(({ hasEnded, generation }) => (hasEnded ? [] : generation.ids)))]
    if (ids.length === 0) return new Set()
    const running = await this.#see((signal) => api.stillRunning?.(ids, { signal }))
    return running === undefined ? undefined : new Set(running.map(({ id }) => id))
  }

  /** Shortly before a cut it is seen who still has connections: after it nobody could tell. */
  async #lookAtConnections(running: ReadonlySet<string>): Promise<void> {
    const { api, clock } = this.#options
    const nowMs = clock.monotonic()
    const isDue = (drain: Watched, part: Part): boolean =>
      !part.hasEnded && nowMs >= this.#closeLookAtMs(drain, part) && nowMs < this.#limitMs(drain, part)
    const due = [...this.#watched].flatMap((drain) => {
      const { removed, parts = [] } = drain
      return removed === undefined
        ? []
        : parts.flatMap((part) => (isDue(drain, part) ? [{ drain, part, address: removed.address }] : []))
    })
    for (const toldAtMs of new Set(due.map(({ part }) => part.generation.toldAtMs))) {
      const group = due.filter(({ part }) => part.generation.toldAtMs === toldAtMs)
      const ids = [...new Set(group.flatMap(({ part }) => part.generation.ids))].filter((id) =>
        running.has(id),
      )
      const addresses = group.map(({ address }) => address)
      const seen = await this.#see((signal) => api.connectedTo?.(ids, addresses, { signal }))
      const seenAtMs = clock.monotonic()
      for (const [index, { drain, part }] of group.entries()) {
        // What was seen too late may be what Nginx had cut by then.
        if (seenAtMs < this.#limitMs(drain, part)) part.isConnected = seen?.[index] ?? true
      }
    }
  }

  async #see<T>(look: (signal: AbortSignal) => Promise<T> | undefined): Promise<T | undefined> {
    const { clock, timeoutMs } = this.#options
    const { signal } = this.#stop
    try {
      const what = 'look for old workers'
      return await withDeadline(async (inner) => look(inner), { clock, timeoutMs, what, signal })
    } catch {
      signal.throwIfAborted()
      return undefined
    }
  }

  /** When Nginx itself may begin to cut. It counts from a moment later than we do, so this errs towards `cut`. */
  #limitMs({ cutAtMs }: Watched, { generation }: Part): number {
    const shutdownMs = this.workerShutdownMs
    return shutdownMs === Infinity ? cutAtMs : Math.min(cutAtMs, generation.toldAtMs + shutdownMs)
  }

  #closeLookAtMs(drain: Watched, part: Part): number {
    return this.#limitMs(drain, part) - 2 * this.#options.pollMs[1]
  }

  #untilNextMoment(): number {
    const nowMs = this.#options.clock.monotonic()
    const moments = [...this.#watched].flatMap((drain) => [
      drain.cutAtMs,
      ...(drain.parts ?? []).map((part) => this.#closeLookAtMs(drain, part)),
    ])
    return Math.min(...moments.filter((atMs) => atMs > nowMs)) - nowMs
  }

  #settle(drain: Watched, outcome: DrainOutcome): void {
    this.#watched.delete(drain)
    drain.settle(outcome)
  }

  #settleAll(outcome: DrainOutcome): void {
    for (const drain of this.#watched) this.#settle(drain, outcome)
  }
}
