import type { Clock } from '../../clock.js'
import { type ErrorCode, FlotillaError } from '../../errors.js'

/** With these a backend says for certain that it has made nothing. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'invalid-options',
  'invalid-template',
  'permission-denied',
  'quota-exceeded',
  'no-capacity',
  'unsupported',
])

/**
 * The launches of which a machine may come to exist that no list has shown: those that their backend has not settled,
 * whether anybody waits for them or not, and for a while those that failed in a way that says nothing.
 */
export class OpenLaunches {
  readonly #clock: Clock
  readonly #doubtMs: number
  readonly #callCounts = new Map<string, number>()
  /** Until when a token is in doubt, on the monotonic clock. */
  readonly #doubtUntil = new Map<string, number>()

  /** @param doubtMs - how long after a failure its machine may still appear */
  constructor(clock: Clock, doubtMs: number) {
    this.#clock = clock
    this.#doubtMs = doubtMs
  }

  /** Those that their backend has not settled. */
  get unsettled(): ReadonlySet<string> {
    return new Set(this.#callCounts.keys())
  }

  get tokens(): ReadonlySet<string> {
    const nowMs = this.#clock.monotonic()
    for (const [token, untilMs] of this.#doubtUntil) if (untilMs <= nowMs) this.#doubtUntil.delete(token)
    return new Set([...this.#callCounts.keys(), ...this.#doubtUntil.keys()])
  }

  /** The call's own outcome; until it settles, and in doubt for a while after, its token is open. */
  async during<T>(token: string, call: Promise<T>): Promise<T> {
    this.#callCounts.set(token, (this.#callCounts.get(token) ?? 0) + 1)
    try {
      return await call
    } catch (error) {
      const isRefusal = error instanceof FlotillaError && refusals.has(error.code)
      if (!isRefusal) this.#doubtUntil.set(token, this.#clock.monotonic() + this.#doubtMs)
      throw error
    } finally {
      const count = (this.#callCounts.get(token) ?? 1) - 1
      if (count > 0) this.#callCounts.set(token, count)
      else this.#callCounts.delete(token)
    }
  }
}
