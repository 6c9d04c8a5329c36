import { withDeadline, type Clock } from '@flotilla/core'
import type { NginxApi } from '../nginx-api.js'
import { deferred } from './deferred.js'
import type { Drain, DrainOutcome, LeavingWorkers, Removed } from './drain.js'

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

interface Watched {
  readonly removed: Removed
  readonly workers: LeavingWorkers
  readonly cutAtMs: number
  /** Whether old workers had connections to it when that was last seen. */
  isConnected: boolean
  readonly settle: (outcome: DrainOutcome) => void
}

/** Waits for old workers to end: with the last of them ends the traffic of what they knew and the new ones do not. */
export class DrainWatch {
  readonly #options: DrainWatchOptions
  readonly #watched = new Set<Watched>()
  readonly #stop = new AbortController()
  #isLooking = false
  /** After it, Nginx itself cuts what is left; learnt from its configuration. */
  workerShutdownMs: number = Infinity

  constructor(options: DrainWatchOptions) {
    this.#options = options
  }

  /** Watches one removal from now on. */
  add(removed: Removed, workers: LeavingWorkers): Drain {
    const { promise: outcome, resolve: settle } = deferred<DrainOutcome>()
    const cutAtMs = this.#options.clock.monotonic() + this.#options.drainMs
    this.#watched.add({ removed, workers, cutAtMs, isConnected: true, settle })
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
    const { clock } = this.#options
    const running = await this.#stillRunning()
    const nowMs = clock.monotonic()
    const closeTo: Watched[] = []
    for (const drain of this.#watched) {
      const { ids } = drain.workers
      const isSeen = ids !== undefined && running !== undefined
      const hasEnded = isSeen && !ids.some((id) => running.has(id))
      if (hasEnded && nowMs < this.#limitMs(drain)) this.#settle(drain, 'drained')
      // Workers that end when their time is up have cut what they still had.
      else if (hasEnded || nowMs >= drain.cutAtMs) this.#settle(drain, drain.isConnected ? 'cut' : 'drained')
      else if (isSeen && nowMs >= this.#closeLookAtMs(drain)) closeTo.push(drain)
    }
    if (closeTo.length > 0) await this.#lookAtConnections(closeTo, [...(running ?? [])])
  }

  /** Undefined when they cannot be seen now: the next look may see them. */
  async #stillRunning(): Promise<ReadonlySet<string> | undefined> {
    const { api } = this.#options
    const ids = [...new Set([...this.#watched].flatMap(({ workers }) => workers.ids ?? []))]
    if (ids.length === 0) return new Set()
    const running = await this.#see((signal) => api.stillRunning?.(ids, { signal }))
    return running === undefined ? undefined : new Set(running.map(({ id }) => id))
  }

  /** Newer workers among these do not know what was removed, so any connection to it is an old one's. */
  async #lookAtConnections(drains: readonly Watched[], running: readonly string[]): Promise<void> {
    const { api } = this.#options
    const known = drains.flatMap(({ removed }) => (removed === undefined ? [] : [removed.address]))
    const seen = await this.#see((signal) => api.connectedTo?.(running, known, { signal }))
    let at = 0
    for (const drain of drains) {
      if (drain.removed === undefined) continue
      drain.isConnected = seen?.[at] ?? true
      at += 1
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
  #limitMs({ workers, cutAtMs }: Watched): number {
    return Math.min(cutAtMs, workers.toldAtMs + Math.min(this.#options.drainMs, this.workerShutdownMs))
  }

  /** From then on it is seen who still has connections: after the cut nobody could tell. */
  #closeLookAtMs(drain: Watched): number {
    return this.#limitMs(drain) - 1.5 * this.#options.pollMs[1]
  }

  #untilNextMoment(): number {
    const nowMs = this.#options.clock.monotonic()
    const moments = [...this.#watched].flatMap((drain) => [drain.cutAtMs, this.#closeLookAtMs(drain)])
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
