import type { Clock, Logger } from '@flotilla/core'

/** The same is not said again within this, however often it happens. */
const quietMs = 10_000
/** Members come and go; beyond so many kinds what was said is forgotten, and may be said again. */
const mostKinds = 1000

/** Warnings that an attack or a broken member would make by the thousand: each kind once in a while, with how often. */
export class RareWarnings {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #kinds = new Map<string, { saidAtMs: number; unsaid: number }>()

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  warn(kind: string, message: string, fields: object = {}): void {
    const nowMs = this.#clock.monotonic()
    const known = this.#kinds.get(kind)
    if (known !== undefined && nowMs - known.saidAtMs < quietMs) {
      known.unsaid += 1
      return
    }
    const more =
      known === undefined || known.unsaid === 0 ? '' : ` (and ${known.unsaid} times since it was last said)`
    if (this.#kinds.size >= mostKinds) this.#kinds.clear()
    this.#kinds.set(kind, { saidAtMs: nowMs, unsaid: 0 })
    this.#logger.warn(fields, `${message}${more}`)
  }
}
