import type { Server } from '@flotilla/openstack-client'

/** Two clocks run at the same rate within this ratio. */
const driftRatio = 0.001

/**
 * Estimates the cloud's clock from the stamps of its servers. Our wall clock has no part in it, since it and the cloud's may
 * differ by any amount. Our monotonic clock only adds the time that has passed since a stamp, so that a project where nothing
 * happens is not asked for the same old changes again and again.
 */
export class CloudClock {
  /** The cloud's clock showed `cloudMs` or later when our monotonic clock showed `atMs`. */
  #latest: { readonly cloudMs: number; readonly atMs: number } | undefined

  /**
   * Takes the latest stamp of an answer. Nova stamps a server that has not changed since its creation with the time of the
   * answer, which is as good.
   *
   * @param answeredMs - on our monotonic clock
   */
  learn(servers: Iterable<Server>, answeredMs: number): void {
    let cloudMs = -Infinity
    for (const { updatedAt, createdAt } of servers) {
      cloudMs = Math.max(cloudMs, updatedAt ?? createdAt ?? -Infinity)
    }
    if (cloudMs > (this.at(answeredMs) ?? -Infinity)) this.#latest = { cloudMs, atMs: answeredMs }
  }

  /** The earliest time that the cloud's clock can have shown at `ms` of our monotonic clock; undefined before any stamp. */
  at(ms: number): number | undefined {
    if (this.#latest === undefined) return undefined
    const { cloudMs, atMs } = this.#latest
    const passedMs = ms - atMs
    return Math.floor(cloudMs + passedMs - driftRatio * Math.abs(passedMs))
  }

  /** Forgets the stamps, after one was found wrong. */
  reset(): void {
    this.#latest = undefined
  }
}
