import { setImmediate as nextTurn, setTimeout as realSleep } from 'node:timers/promises'
import type { Clock } from '../../clock.js'

/** Turns of the event loop that `settle` waits: one drains every promise chain, the rest serve chains that yield. */
const settleTurns = 4

interface Sleeper {
  readonly dueMs: number
  readonly wake: () => void
}

/** How far `runUntil` may go. */
export interface RunUntilOptions {
  /** The longest step at once, in fake milliseconds; default 100. Sleepers due earlier shorten it. */
  readonly stepMs?: number | undefined
  /** Fake milliseconds after which it gives up; default 10 minutes. */
  readonly maxMs?: number | undefined
}

/**
 * A clock that stands still until told to advance, so that hours of waiting pass in milliseconds and in the same order
 * every time.
 */
export class FakeClock implements Clock {
  #nowMs: number
  #monotonicMs = 0
  /** By due time, then in the order they were asked for. */
  readonly #sleepers: Sleeper[] = []

  /** @param options - `now`: the wall time it starts at, epoch milliseconds; default 2026-01-01T00:00:00Z */
  constructor({ now = Date.UTC(2026, 0, 1) }: { readonly now?: number | undefined } = {}) {
    this.#nowMs = now
  }

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#monotonicMs
  }

  /** Sleepers that are still asleep. */
  get pendingCount(): number {
    return this.#sleepers.length
  }

  /** Resolves once `advance` has passed `ms` milliseconds, also for 0; rejects with the signal's reason. */
  async sleep(ms: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const sleeper: Sleeper = {
        dueMs: this.#monotonicMs + (ms > 0 ? ms : 0),
        wake: () => {
          signal?.removeEventListener('abort', stop)
          resolve()
        },
      }
      const stop = (): void => {
        const index = this.#sleepers.indexOf(sleeper)
        if (index >= 0) this.#sleepers.splice(index, 1)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', stop, { once: true })
      this.#sleepers.splice(this.#placeFor(sleeper.dueMs), 0, sleeper)
    })
  }

  /** Lets `ms` pass: wakes each sleeper at its own moment, in order, and lets what it woke settle before the next. */
  async advance(ms: number): Promise<void> {
    await this.settle()
    await this.#runTo(this.#monotonicMs + (ms > 0 ? ms : 0))
    await this.settle()
  }

  async #runTo(endMs: number): Promise<void> {
    for (let next = this.#sleepers[0]; next !== undefined && next.dueMs <= endMs; next = this.#sleepers[0]) {
      this.#sleepers.shift()
      this.#moveTo(next.dueMs)
      next.wake()
      await this.settle()
    }
    this.#moveTo(endMs)
  }

  /** Sets the wall time forward or back, as an operator or NTP does: nobody wakes, and `monotonic` does not move. */
  jump(ms: number): void {
    this.#nowMs += ms
  }

  /**
   * Advances until a promise settles, and gives its value; or until a condition holds.
   *
   * @throws what the promise rejects with; an Error when `maxMs` passed first
   */
  async runUntil<T>(until: Promise<T>, options?: RunUntilOptions): Promise<T>
  async runUntil(until: () => boolean, options?: RunUntilOptions): Promise<void>
  async runUntil<T>(
    until: Promise<T> | (() => boolean),
    { stepMs = 100, maxMs = 600_000 }: RunUntilOptions = {},
  ): Promise<T | void> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    if (typeof until !== 'function') until.then(settled, settled)
    const isOver = typeof until === 'function' ? until : () => isSettled
    const endMs = this.#monotonicMs + maxMs
    await this.settle()
    while (!isOver()) {
      const leftMs = endMs - this.#monotonicMs
      if (leftMs <= 0) {
        throw new Error(`still waiting after ${maxMs} ms of fake time, ${this.pendingCount} sleepers pending`)
      }
      // With nobody asleep here, what is awaited is real (a file, a socket) and needs real time.
      if (this.pendingCount === 0) await realSleep(1)
      const dueMs = this.#sleepers[0]?.dueMs ?? Infinity
      await this.#runTo(Math.min(this.#monotonicMs + Math.min(stepMs, leftMs), dueMs))
    }
    return typeof until === 'function' ? undefined : until
  }

  /** Lets every promise chain that waits for nothing but other promises run to its end. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < settleTurns; turn += 1) await nextTurn()
  }

  #moveTo(monotonicMs: number): void {
    // A sleeper may have advanced the clock itself: time never runs back.
    const stepMs = Math.max(0, monotonicMs - this.#monotonicMs)
    this.#monotonicMs += stepMs
    this.#nowMs += stepMs
  }

  #placeFor(dueMs: number): number {
    let low = 0
    let high = this.#sleepers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const at = this.#sleepers[middle]
      if (at !== undefined && at.dueMs <= dueMs) low = middle + 1
      else high = middle
    }
    return low
  }
}
