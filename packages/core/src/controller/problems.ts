import { type FlotillaError, messageOf, toFlotillaError } from '../errors.js'
import type { Events, ProblemKind } from './events.js'

/** Tells of each problem once, and once of its end. */
export class Problems {
  readonly #standing = new Map<string, { readonly kind: ProblemKind; readonly about: string }>()
  readonly #events: Events

  constructor(events: Events) {
    this.#events = events
  }

  /** Something failed. Returns the error as one of ours. */
  failed(kind: ProblemKind, about: string, attempted: string, thrown: unknown): FlotillaError {
    const error = toFlotillaError(thrown, attempted)
    const message = error.message.startsWith(attempted) ? error.message : `${attempted}: ${messageOf(error)}`
    this.stands(kind, about, message, error)
    return error
  }

  stands(kind: ProblemKind, about: string, message: string, error?: FlotillaError): void {
    const key = `${kind} ${about}`
    if (this.#standing.has(key)) return
    this.#standing.set(key, { kind, about })
    this.#events.emit('problem', { kind, about, message, ...(error === undefined ? {} : { error }) })
  }

  /** It works again, or is no longer of interest. */
  over(kind: ProblemKind, about: string): void {
    if (this.#standing.delete(`${kind} ${about}`)) this.#events.emit('recovered', { kind, about })
  }

  /** Ends every problem of a kind but those named. */
  onlyAbout(kind: ProblemKind, abouts: ReadonlySet<string>): void {
    for (const standing of this.#standing.values()) {
      if (standing.kind === kind && !abouts.has(standing.about)) this.over(kind, standing.about)
    }
  }

  /** Something that happened and is over at once. */
  happened(kind: ProblemKind, about: string, message: string, error?: FlotillaError): void {
    this.stands(kind, about, message, error)
    this.#standing.delete(`${kind} ${about}`)
  }
}
