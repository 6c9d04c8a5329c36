import { showAs } from './show-as.js'
const hidden = '(hidden)'

/** A password, token or key that no message, log, JSON or `util.inspect` shows. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself: for a request's body or header, and for nothing else. */
  reveal(): string {
    return this.#value
  }

  /** `(hidden)`. */
  toString(): string {
    return hidden
  }

  /** `(hidden)`. */
  toJSON(): string {
    return hidden
  }
}

showAs(Secret, () => hidden)
