import type { Server } from '@flotilla/openstack-client'

/** Two clocks run at the same rate, give or take this part. */
const driftRatio = 0.001

/**
 * What the cloud's clock shows, as far as the stamps of its servers tell. No wall clock of ours has part in it, since ours
 * and the cloud's may be apart by any amount; ours only measures the time between two moments, so that in a quiet project
 * the same last changes are not asked for over and over.
 */
export class CloudClock {
  /** It showed `cloudMs`, or later, when ours showed `atMs` on its monotonic time. */
  #latest: { readonly cloudMs: number; readonly atMs: number } | undefined

  /**
   * Takes the latest stamp of an answer. Nova stamps a server that has not changed since its creation with the time of the
   * answer, which serves as well.
   *
   * @param answeredMs - on our monotonic time
   */
  learn(servers: Iterable<Server>, answeredMs: number): void {
    let cloudMs = -Infinity
    for (const { updatedAt, createdAt } of servers) {
      cloudMs = Math.max(cloudMs, updatedAt ?? createdAt ?? -Infinity)
    }
    if (cloudMs > (this.at(answeredMs) ?? -Infinity)) this.#latest = { cloudMs, atMs: answeredMs }
  }

  /** What it showed, or less, at a moment of our monotonic time; undefined while no stamp was seen. */
  at(ms: number): number | undefined {
    if (this.#latest === undefined) return undefined
    const { cloudMs, atMs } = this.#latest
    const passedMs = ms - atMs
    return Math.floor(cloudMs + passedMs - driftRatio * Math.abs(passedMs))
  }

  /** The stamps were not to be relied on. */
  reset(): void {
    this.#latest = undefined
  }
}
