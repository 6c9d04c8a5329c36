import type { Clock } from '../clock.js'
import { untilAborted } from './until-aborted.js'

interface Look<T> {
  /** On the clock's monotonic time. */
  readonly startedMs: number
  readonly found: Promise<T>
  readonly ending: AbortController
  isPending: boolean
  waitingCount: number
}

/** Options of `new SharedAnswer()`. */
export interface SharedAnswerOptions<T> {
  /** Asks the daemon. */
  readonly fetch: (signal: AbortSignal) => Promise<T>
  readonly clock: Clock
  /** How old an answer may be, counted from its question, and still be given again. */
  readonly maxAgeMs: number
}

/**
 * One answer of a daemon for all who ask at about the same time: the number of calls does not grow with the number of
 * groups. What this program itself does, and what the daemon tells as it happens, makes the next question a new call.
 */
export class SharedAnswer<T> {
  readonly #options: SharedAnswerOptions<T>
  #look: Look<T> | undefined

  constructor(options: SharedAnswerOptions<T>) {
    this.#options = options
  }

  /** Something has changed: what was asked before now is not given to those who ask from now on. */
  invalidate(): void {
    this.#look = undefined
  }

  /** The daemon's answer: one that is under way or fresh enough, else a new one. */
  async get(signal: AbortSignal): Promise<T> {
    const look = this.#current()
    look.waitingCount += 1
    try {
      return await untilAborted(async () => look.found, signal)
    } finally {
      look.waitingCount -= 1
      // A call that nobody waits for any more may be one that never answers.
      if (look.isPending && look.waitingCount === 0) this.#drop(look)
    }
  }

  #current(): Look<T> {
    const { clock, maxAgeMs, fetch } = this.#options
    const last = this.#look
    if (last !== undefined && (last.isPending || clock.monotonic() - last.startedMs <= maxAgeMs)) return last
    const ending = new AbortController()
    const startedMs = clock.monotonic()
    const look = { startedMs, found: fetch(ending.signal), ending, isPending: true, waitingCount: 0 }
    this.#look = look
    void this.#settle(look)
    return look
  }

  async #settle(look: Look<T>): Promise<void> {
    try {
      await look.found
      look.isPending = false
    } catch {
      // A failure is told to those who waited for it, and to nobody else.
      this.#drop(look)
    }
  }

  #drop(look: Look<T>): void {
    look.isPending = false
    look.ending.abort()
    if (this.#look === look) this.#look = undefined
  }
}
