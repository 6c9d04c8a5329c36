import type { Clock } from '../../clock.js'

/** What became of a drain. */
export type DrainEnd = 'drained' | 'cut' | 'readmitted'

/** The requests in flight to one member, and the drain that waits for them. */
export class FakeTraffic {
  /** Ends one request each: as answered, or as cut off. */
  readonly #requests = new Set<(status: number) => void>()
  #endDrain: ((end: DrainEnd) => void) | undefined

  get inFlightCount(): number {
    return this.#requests.size
  }

  get isDraining(): boolean {
    return this.#endDrain !== undefined
  }

  /** Begins a request that ends when told to. `answer` is its HTTP status, 0 when it was cut off. */
  begin(): { readonly release: () => void; readonly answer: Promise<number> } {
    let end: ((status: number) => void) | undefined
    const answer = new Promise<number>((resolve) => {
      end = (status) => {
        if (end !== undefined) this.#requests.delete(end)
        resolve(status)
        if (this.#requests.size === 0) this.#endDrain?.('drained')
      }
      this.#requests.add(end)
    })
    return { release: () => end?.(200), answer }
  }

  /** Ends every request. */
  release(status = 200): void {
    for (const end of this.#requests) end(status)
  }

  /** Waits until the last request ends, for `drainMs` at most; then cuts off what is left. */
  async drain(clock: Clock, drainMs: number): Promise<DrainEnd> {
    if (this.#requests.size === 0) return 'drained'
    const timer = new AbortController()
    return new Promise<DrainEnd>((resolve) => {
      const end = (how: DrainEnd): void => {
        this.#endDrain = undefined
        timer.abort('ended')
        resolve(how)
      }
      const cutOff = (): void => {
        end('cut')
        this.release(0)
      }
      this.#endDrain = end
      clock.sleep(drainMs, { signal: timer.signal }).then(cutOff, () => {})
    })
  }

  /** Ends a drain without its end: the member takes traffic again. */
  readmit(): void {
    this.#endDrain?.('readmitted')
  }
}
