/** How the removal of a member ended. */
export type DrainOutcome = 'drained' | 'cut' | 'readmitted'

/** A removal under way: one for each time a member is removed, so that each `sync` hears of its own. */
export class Drain {
  readonly memberId: string
  /** Never rejects. */
  readonly outcome: Promise<DrainOutcome>
  #settle: ((outcome: DrainOutcome) => void) | undefined
  readonly #over = new AbortController()

  constructor(memberId: string) {
    this.memberId = memberId
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  /** Aborts once it is settled. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  settle(outcome: DrainOutcome): void {
    this.#settle?.(outcome)
    this.#over.abort()
  }
}
