import { type FlotillaError, messageOf, toFlotillaError } from '../../errors.js'
import type { Events, Problem, ProblemKind } from './events.js'

/** A problem that stands, as `status()` shows it. */
export interface StandingProblem extends Problem {
  /** When it was told, epoch milliseconds. */
  readonly since: number
  /** How often it has come up since; the message and the error are the latest. */
  readonly count: number
}

/** Tells of each problem once, and once of its end. */
export class Problems {
  readonly #standing = new Map<string, StandingProblem>()
  readonly #events: Events
  readonly #now: () => number

  /** @param now - epoch milliseconds */
  constructor(events: Events, now: () => number) {
    this.#events = events
    this.#now = now
  }

  /** Those that stand, the oldest first. */
  get standing(): readonly StandingProblem[] {
    return [...this.#standing.values()]
  }

  /** Something failed. Returns the error as one of ours. */
  failed(kind: ProblemKind, about: string, attempted: string, thrown: unknown): FlotillaError {
    const error = toFlotillaError(thrown, attempted)
    const message = error.message.startsWith(attempted) ? error.message : `${attempted}: ${messageOf(error)}`
    this.stands(kind, about, message, error)
    return error
  }

  /** Tells of it when it is new; else keeps the latest words of it. */
  stands(kind: ProblemKind, about: string, message: string, error?: FlotillaError): void {
    const key = `${kind} ${about}`
    const known = this.#standing.get(key)
    const problem = { kind, about, message, ...(error === undefined ? {} : { error }) }
    this.#standing.set(key, {
      ...problem,
      since: known?.since ?? this.#now(),
      count: (known?.count ?? 0) + 1,
    })
    if (known === undefined) this.#events.emit('problem', problem)
  }

  /**
   * It works again.
   *
   * @param reason - why it is over though it does not work again: what it was about is no more
   */
  over(kind: ProblemKind, about: string, reason?: string): void {
    if (!this.#standing.delete(`${kind} ${about}`)) return
    this.#events.emit('recovered', { kind, about, ...(reason === undefined ? {} : { reason }) })
  }

  /**
   * Ends every problem of a kind but those named.
   *
   * @param reasonOf - as the reason of `over`, for each that ends
   */
  onlyAbout(
    kind: ProblemKind,
    abouts: ReadonlySet<string>,
    reasonOf: (about: string) => string | undefined = () => undefined,
  ): void {
    for (const { kind: own, about } of this.#standing.values()) {
      if (own === kind && !abouts.has(about)) this.over(kind, about, reasonOf(about))
    }
  }

  /** Something that happened and is over at once. */
  happened(kind: ProblemKind, about: string, message: string, error?: FlotillaError): void {
    this.stands(kind, about, message, error)
    this.#standing.delete(`${kind} ${about}`)
  }
}
