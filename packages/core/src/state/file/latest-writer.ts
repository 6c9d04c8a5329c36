/**
 * Writes texts to one place, one at a time, and only the newest of those that wait. A text equal to the last one written
 * is not written again.
 */
export class LatestWriter {
  readonly #write: (text: string) => Promise<void>
  /** What is in place, as far as is known; unknown after a failure. */
  #written: string | undefined
  #running: Promise<void> | undefined
  #next: { text: string; readonly done: Promise<void> } | undefined

  constructor(write: (text: string) => Promise<void>) {
    this.#write = write
  }

  /** Resolves once this text or a later one is in place; rejects when that write fails. */
  write(text: string): Promise<void> {
    if (this.#next !== undefined) {
      this.#next.text = text
      return this.#next.done
    }
    if (this.#running === undefined) return this.#start(text)
    const next = { text, done: this.#running.then(ignore, ignore).then(() => this.#startNext()) }
    this.#next = next
    return next.done
  }

  /** Resolves when nothing is being written and nothing waits; never rejects. */
  async idle(): Promise<void> {
    while (this.#running !== undefined || this.#next !== undefined) {
      await (this.#next?.done ?? this.#running)?.catch(ignore)
    }
  }

  /** Says what is in place, when it was read or removed by other means. */
  known(text: string | undefined): void {
    this.#written = text
  }

  #startNext(): Promise<void> {
    const text = this.#next?.text
    this.#next = undefined
    return text === undefined ? Promise.resolve() : this.#start(text)
  }

  #start(text: string): Promise<void> {
    const running = this.#writeUnlessThere(text).finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #writeUnlessThere(text: string): Promise<void> {
    if (text === this.#written) return
    this.#written = undefined
    await this.#write(text)
    this.#written = text
  }
}

const ignore = (): void => {}
