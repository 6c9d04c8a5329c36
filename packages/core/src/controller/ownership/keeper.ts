import type { Clock } from '../../clock.js'

export interface KeeperOptions {
  readonly clock: Clock
  /** Ends it. */
  readonly signal: AbortSignal
  /** Time to the next turn; Infinity when nothing has to be kept. */
  readonly pauseMs: () => number
  /** One turn. Gives the time to the next. */
  readonly turn: () => Promise<number>
}

/** Does a turn at its time, again and again, for as long as there is anything to keep; earlier when it is woken. */
export class Keeper {
  readonly #options: KeeperOptions
  #isKeeping = false
  /** Set by `wake`, also while nobody sleeps. */
  #isWoken = false
  #stopSleep: (() => void) | undefined

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** Begins, where there is anything to keep. May be called again. */
  start(): void {
    if (this.#isKeeping || this.#options.signal.aborted) return
    this.#isKeeping = true
    void this.#keep().finally(() => {
      this.#isKeeping = false
    })
  }

  /** The next turn is due now. */
  wake(): void {
    this.#isWoken = true
    this.#stopSleep?.()
    this.start()
  }

  async #keep(): Promise<void> {
    const { signal, turn } = this.#options
    for (let pauseMs = this.#options.pauseMs(); pauseMs < Infinity; pauseMs = await turn()) {
      await this.#sleep(pauseMs)
      if (signal.aborted) return
    }
  }

  async #sleep(ms: number): Promise<void> {
    const { clock, signal } = this.#options
    if (!this.#isWoken) {
      const woken = new AbortController()
      this.#stopSleep = () => woken.abort()
      await clock.sleep(ms, { signal: AbortSignal.any([signal, woken.signal]), unref: true }).catch(() => {})
      this.#stopSleep = undefined
    }
    this.#isWoken = false
  }
}
