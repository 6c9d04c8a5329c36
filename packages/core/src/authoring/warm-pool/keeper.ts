import { setMaxListeners } from 'node:events'
import type { BackendProblem } from '../../backend.js'
import type { Clock } from '../../clock.js'
import { FlotillaError, toFlotillaError } from '../../errors.js'
import type { ProblemBook } from '../problem-book.js'

/** Options of `new WarmPoolKeeper()`. */
export interface WarmPoolKeeperOptions {
  readonly clock: Clock
  /**
   * Looks once at the pool of a group, and brings it to its size. Gives the problems that it met; what it rejects with is
   * one more.
   */
  readonly tend: (group: string, signal: AbortSignal) => Promise<readonly BackendProblem[]>
  /** Where the problems are told, as the part `warm pool`. */
  readonly problems: ProblemBook
  /** The user's own, as the option of that name has it. */
  readonly onProblem: ((error: FlotillaError) => void) | undefined
  /** From one look to the next when nothing failed; default 0. */
  readonly everyMs?: number | undefined
  /** After a look that failed; it doubles with each in a row, up to `longestPauseMs`. */
  readonly firstPauseMs: number
  readonly longestPauseMs: number
}

interface Keeping {
  failures: number
  /** On the clock's monotonic time. */
  nextAtMs: number
  /** The look under way. */
  look: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined
}

const part = 'warm pool'

/** Decides when the warm pool of each group is looked after: one look at a time, later after a failure, none after the end. */
export class WarmPoolKeeper {
  readonly #options: WarmPoolKeeperOptions
  readonly #groups = new Map<string, Keeping>()
  /** Groups that have ended: nothing is made for them until one of their instances is launched. */
  readonly #ended = new Set<string>()
  readonly #closing = new AbortController()

  constructor(options: WarmPoolKeeperOptions) {
    this.#options = options
    // However many groups there are, this is no leak.
    setMaxListeners(0, this.#closing.signal)
  }

  /** Whether a look may begin now. */
  isDue(group: string): boolean {
    const { look, nextAtMs } = this.#of(group)
    const isOff = this.#closing.signal.aborted || this.#ended.has(group) || look !== undefined
    return !isOff && this.#options.clock.monotonic() >= nextAtMs
  }

  /** Whether this group has ended. */
  hasEnded(group: string): boolean {
    return this.#ended.has(group)
  }

  /** Looks after the pool in the background, when that is due. The promise never rejects; it is for who waits for all work. */
  async keepUp(group: string): Promise<void> {
    if (!this.isDue(group)) return
    const keeping = this.#of(group)
    const stop = new AbortController()
    const signal = AbortSignal.any([this.#closing.signal, stop.signal])
    setMaxListeners(0, signal)
    const ended = this.#look(group, keeping, signal)
    keeping.look = { stop, ended }
    await ended
  }

  /** No look begins for so long. Returns the time until the next, on the clock's monotonic time. */
  postpone(group: string, ms: number): number {
    const keeping = this.#of(group)
    keeping.nextAtMs = Math.max(keeping.nextAtMs, this.#options.clock.monotonic() + ms)
    return keeping.nextAtMs
  }

  /** A group of which an instance is launched lives, whatever was before. */
  begin(group: string): void {
    this.#ended.delete(group)
  }

  /** The group ends: no further look, and the one under way is aborted and waited for. */
  async end(group: string): Promise<void> {
    this.#ended.add(group)
    const { look } = this.#of(group)
    look?.stop.abort(new FlotillaError('closed', `the warm pool of ${group} ends`))
    await look?.ended
    this.#groups.delete(group)
    this.#options.problems.set(group, part, [])
  }

  /** No further look of any group; those under way are aborted. */
  close(): void {
    this.#closing.abort(new FlotillaError('closed', 'the backend was closed'))
  }

  async #look(group: string, keeping: Keeping, signal: AbortSignal): Promise<void> {
    const { tend, problems, everyMs = 0, firstPauseMs, longestPauseMs } = this.#options
    const found: BackendProblem[] = []
    try {
      found.push(...(await tend(group, signal)))
    } catch (thrown) {
      const error = toFlotillaError(thrown, `keep the warm pool of ${group}`)
      found.push({ about: part, message: `the warm pool is tried again: ${error.message}`, error })
    }
    keeping.look = undefined
    // What was given up is no failure.
    if (signal.aborted) return
    problems.set(group, part, found)
    for (const { error } of found) if (error !== undefined) this.#tell(error)
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** keeping.failures)
    keeping.failures = found.length === 0 ? 0 : keeping.failures + 1
    this.postpone(group, found.length === 0 ? everyMs : pauseMs)
  }

  #tell(error: FlotillaError): void {
    try {
      this.#options.onProblem?.(error)
    } catch {
      // A listener's own failure is its own affair.
    }
  }

  #of(group: string): Keeping {
    const keeping = this.#groups.get(group) ?? { failures: 0, nextAtMs: -Infinity, look: undefined }
    this.#groups.set(group, keeping)
    return keeping
  }
}
