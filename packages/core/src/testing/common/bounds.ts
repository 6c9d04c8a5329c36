import assert from 'node:assert/strict'
import { systemClock, type Clock } from '../../clock.js'
import type { SuiteOptions } from './suite-options.js'

const defaults = { timeoutMs: 10_000, abortMs: 2_000, eventuallyMs: 30_000 }
const firstPauseMs = 5
const longestPauseMs = 500
/** What an earlier case waited for in vain gets this part of its bound. */
const againRatio = 0.1

/** A failed assertion that no further wait can help: `eventually` passes it on at once. */
export class FinalFailure extends assert.AssertionError {
  constructor(message: string, cause?: unknown) {
    super({ message })
    if (cause !== undefined) this.cause = cause
  }
}

/** Waits of a contract suite: each has a bound, and says what it waited for when the bound passes. */
export class Bounds {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly abortMs: number
  readonly eventuallyMs: number
  /** What a case of this suite has waited for until the bound passed. */
  readonly #inVain = new Set<string>()

  constructor({ clock, timeoutMs, abortMs, eventuallyMs }: SuiteOptions) {
    this.clock = clock ?? systemClock
    this.timeoutMs = timeoutMs ?? defaults.timeoutMs
    this.abortMs = abortMs ?? defaults.abortMs
    this.eventuallyMs = eventuallyMs ?? defaults.eventuallyMs
  }

  /** For the runner: more than any one case needs. */
  get caseMs(): number {
    return 4 * (this.timeoutMs + this.eventuallyMs)
  }

  /** The promise's own outcome, or an assertion error when it does not settle in time. */
  async within<T>(what: string, promise: Promise<T>, ms: number = this.timeoutMs): Promise<T> {
    const timer = new AbortController()
    const bound = this.clock.sleep(ms, { signal: timer.signal }).then(() => {
      return assert.fail(`${what} did not settle within ${ms} ms`)
    })
    try {
      return await Promise.race([promise, bound])
    } finally {
      // With a reason of our own no DOMException is made, which costs more than the rest of this.
      timer.abort('settled')
    }
  }

  /** Fails when the promise settles within `ms`: for what must still be waiting. */
  async staysPending(what: string, promise: Promise<unknown>, ms: number): Promise<void> {
    let outcome: string | undefined
    promise.then(
      () => (outcome = 'resolved'),
      (error: unknown) => (outcome = `rejected: ${String(error)}`),
    )
    await this.clock.sleep(ms)
    assert.equal(outcome, undefined, `${what} should still wait, but ${outcome}`)
  }

  /**
   * Tries again, with growing pauses, until `attempt` stops failing an assertion; then gives its value. Anything else that
   * it throws, and a `FinalFailure`, ends the wait at once. A suite waits for the same thing to the end only once: later
   * cases wait a tenth of that.
   *
   * @param what - is waited for, in a few words: `a machine to run`
   */
  async eventually<T>(what: string, attempt: () => Promise<T>, ms: number = this.eventuallyMs): Promise<T> {
    const isAgain = this.#inVain.has(what)
    const boundMs = isAgain ? ms * againRatio : ms
    const endMs = this.clock.monotonic() + boundMs
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof assert.AssertionError) || error instanceof FinalFailure) throw error
        if (this.clock.monotonic() >= endMs) {
          this.#inVain.add(what)
          const why = isAgain ? `, as an earlier case waited ${ms} ms in vain` : ''
          throw withWait(error, `waited ${boundMs} ms for ${what}${why}`)
        }
      }
      await this.clock.sleep(pauseMs)
    }
  }
}

/** The failure with how long was waited before it; runners still show the difference of its values. */
function withWait(error: assert.AssertionError, waited: string): assert.AssertionError {
  const { message, actual, expected, operator } = error
  const told = new assert.AssertionError({ message: `${message} (${waited})`, actual, expected, operator })
  told.cause = error
  return told
}
