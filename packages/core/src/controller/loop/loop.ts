import type { Clock } from '../../clock.js'

/**
 * How much a pass does: `tick` lists, probes, samples, decides and acts; `check` lists and acts; `reconcile` only acts
 * on what is known.
 */
export type PassKind = 'tick' | 'check' | 'reconcile'

export interface LoopOptions {
  readonly clock: Clock
  readonly intervalMs: number
  readonly signal: AbortSignal
  /** Never rejects. */
  readonly pass: (kind: PassKind) => Promise<void>
}

interface Due {
  readonly atMs: number
  readonly kind: PassKind
  readonly cancel: () => void
}

/** Runs passes one at a time: a tick at every interval, and others in between when something calls for one. */
export class Loop {
  readonly #options: LoopOptions
  #last: Promise<unknown> = Promise.resolve()
  #due: Due | undefined
  #isRunning = false

  constructor(options: LoopOptions) {
    this.#options = options
  }

  /** Runs `work` when everything asked for before it is over. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work, work)
    this.#last = run.catch(() => {})
    return run
  }

  /** Resolves after the first tick; the others follow until the signal aborts. */
  async start(): Promise<void> {
    this.#isRunning = true
    await this.#tick()
    void this.#goOn()
  }

  /** Asks for a pass, after `delayMs`. Requests that wait are one: the earliest time, the kind that does most. */
  wake(kind: PassKind, delayMs: number = 0): void {
    const { clock, signal, pass } = this.#options
    if (!this.#isRunning || signal.aborted) return
    const waiting = this.#due
    const more = waiting === undefined || rank[kind] > rank[waiting.kind] ? kind : waiting.kind
    const atMs = Math.min(clock.monotonic() + delayMs, waiting?.atMs ?? Infinity)
    if (waiting !== undefined && waiting.atMs === atMs) {
      this.#due = { ...waiting, kind: more }
      return
    }
    waiting?.cancel()
    const cancelled = new AbortController()
    const due = { atMs, kind: more, cancel: () => cancelled.abort() }
    this.#due = due
    const run = (): Promise<void> =>
      this.exclusive(async () => {
        if (cancelled.signal.aborted || signal.aborted) return
        const asked = this.#due?.kind ?? kind
        this.#due = undefined
        await pass(asked)
      })
    if (delayMs <= 0) {
      void run()
      return
    }
    clock.sleep(delayMs, { signal: AbortSignal.any([signal, cancelled.signal]) }).then(run, () => {})
  }

  /** Resolves when no pass runs. */
  async idle(): Promise<void> {
    await this.#last
  }

  async #goOn(): Promise<void> {
    const { clock, intervalMs, signal } = this.#options
    let nextMs = clock.monotonic()
    while (!signal.aborted) {
      // A tick that took longer than the interval is followed by the next one that is still to come.
      const lateMs = Math.max(0, clock.monotonic() - nextMs)
      nextMs += intervalMs * Math.floor(lateMs / intervalMs + 1)
      try {
        await clock.sleep(nextMs - clock.monotonic(), { signal })
      } catch {
        return
      }
      await this.#tick()
    }
  }

  #tick(): Promise<void> {
    return this.exclusive(() => this.#options.pass('tick'))
  }
}

const rank: Readonly<Record<PassKind, number>> = { reconcile: 0, check: 1, tick: 2 }
