/** Says what the minutes went to. */
export class Stopwatch {
  #lapMs = performance.now()
  #startMs = this.#lapMs
  /** @type {(line: string) => void} */
  #log

  /** @param {(line: string) => void} log */
  constructor(log) {
    this.#log = log
  }

  /** @param {string} what - was done since the last */
  lap(what) {
    const now = performance.now()
    this.#log(`${seconds(now - this.#lapMs)} s for ${what} (${seconds(now - this.#startMs)} s in all)`)
    this.#lapMs = now
  }
}

/** @param {number} ms */
const seconds = (ms) => (ms / 1000).toFixed(1)
