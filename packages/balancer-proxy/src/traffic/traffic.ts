import type { Clock } from '@flotilla/core'
import { CountWindow } from './count-window.js'
import { latencyBucketCount, latencyBucketOf, latencyPercentile } from './latency-scale.js'

/** First digits of the answers counted. */
export type StatusClass = 2 | 3 | 4 | 5

const arrivals = 0
const refusals = 1
const firstLatency = 6

/** What passes through the proxy, counted. A request costs it a few additions. */
export class Traffic {
  readonly #clock: Clock
  /** Column 0 counts arrivals, 1 refused connections, 2 to 5 the status classes, those from 6 the latency buckets. */
  readonly #window: CountWindow
  #requestCount = 0
  #inFlightCount = 0
  #onIdle: (() => void)[] = []

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock
    const columnCount = firstLatency + latencyBucketCount
    this.#window = new CountWindow({ columnCount, windowMs, startMs: clock.monotonic() })
  }

  /** Requests since the start. */
  get requestCount(): number {
    return this.#requestCount
  }

  /** Requests that are not over yet. */
  get inFlightCount(): number {
    return this.#inFlightCount
  }

  /** A request has come in. Returns when, in monotonic milliseconds. */
  begin(): number {
    const nowMs = this.#clock.monotonic()
    this.#requestCount += 1
    this.#inFlightCount += 1
    this.#window.add(arrivals, nowMs)
    return nowMs
  }

  /** A connection was closed for want of room. */
  refused(): void {
    this.#window.add(refusals, this.#clock.monotonic())
  }

  /** A request has its status. */
  answered(status: number): void {
    if (status >= 200 && status < 600) this.#window.add(Math.floor(status / 100), this.#clock.monotonic())
  }

  /** A member has answered, or was given up on: what the service took for it. */
  took(startedMs: number): void {
    const nowMs = this.#clock.monotonic()
    this.#window.add(firstLatency + latencyBucketOf(nowMs - startedMs), nowMs)
  }

  /** A request is over, one way or another. */
  end(): void {
    this.#inFlightCount -= 1
    if (this.#inFlightCount > 0) return
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  /** Resolves once no request is in flight. */
  async untilIdle(): Promise<void> {
    if (this.#inFlightCount === 0) return
    return new Promise((resolve) => this.#onIdle.push(resolve))
  }

  requestsPerSecond(): number {
    return this.#window.perSecond(arrivals, this.#clock.monotonic())
  }

  refusedPerSecond(): number {
    return this.#window.perSecond(refusals, this.#clock.monotonic())
  }

  answersPerSecond(statusClass: StatusClass): number {
    return this.#window.perSecond(statusClass, this.#clock.monotonic())
  }

  /** Milliseconds; undefined when no member answered within the window. */
  latencyMs(share: number): number | undefined {
    const nowMs = this.#clock.monotonic()
    const counts = Array.from({ length: latencyBucketCount }, (_, bucket) =>
      this.#window.total(firstLatency + bucket, nowMs),
    )
    return latencyPercentile(counts, share)
  }
}
