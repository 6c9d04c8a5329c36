import type { Backend } from '../../backend.js'
import type { Clock } from '../../clock.js'
import type { Problems } from '../telling/problems.js'
import {
  type RivalSigns,
  type Strangeness,
  noSigns,
  rivalIn,
  strangeMoves,
  withMoves,
} from './rival-signs.js'

export interface RivalWatchOptions {
  readonly backend: Backend
  readonly group: string
  readonly clock: Clock
  readonly intervalMs: number
  readonly problems: Problems
}

/** What a controller before this one had asked for may still appear for so long. */
const graceMs = 30_000
/** As many ticks, and no less time, does a sign count. */
const window = { ticks: 12, leastMs: 180_000 } as const
/** Tokens that are remembered. A machine does not appear after so many that were launched later. */
const mostTokens = 10_000

/** Notices another controller of the same group, which no store and no host could: one elsewhere, with a store of its own. */
export class RivalWatch {
  readonly #options: RivalWatchOptions
  readonly #given = new Set<string>()
  readonly #since: number
  readonly #windowMs: number
  #signs: RivalSigns = noSigns
  #hasAdopted = false

  constructor(options: RivalWatchOptions) {
    const { clock, intervalMs } = options
    this.#options = options
    this.#since = clock.now() + graceMs
    this.#windowMs = Math.max(window.leastMs, window.ticks * intervalMs)
  }

  /** Tokens that this controller gave. */
  give(tokens: Iterable<string>): void {
    for (const token of tokens) this.#given.add(token)
    for (const token of this.#given) {
      if (this.#given.size <= mostTokens) return
      this.#given.delete(token)
    }
  }

  /** One list. The first of all shows what is adopted. */
  see(seen: Omit<Strangeness, 'given' | 'since'>): void {
    const { backend, group, clock, problems } = this.#options
    // Where the engine chooses, it makes and ends machines by itself.
    if (!backend.supports.chooseVictim) return
    const moves = this.#hasAdopted
      ? strangeMoves({ ...seen, given: this.#given, since: this.#since })
      : { came: false, went: false }
    this.#hasAdopted = true
    this.#signs = withMoves(this.#signs, moves, clock.now(), this.#windowMs)
    const what = rivalIn(this.#signs)
    if (what !== undefined) {
      const minutes = Math.round(this.#windowMs / 60_000)
      const message =
        `${what}, in ${minutes} minutes: another controller, on another host or with another store, is probably at work ` +
        `on group ${group} of ${backend.name}. Stop one of the two, or give both one store on shared storage`
      problems.stands('rival-controller', '', message)
    } else if (this.#signs.came.length + this.#signs.went.length === 0) {
      problems.over('rival-controller', '')
    }
  }
}
