import type { Probe } from '@flotilla/core'

/** Servers that are made ahead of need and put to sleep once they are ready. */
export interface WarmPoolOptions {
  /** How many wait. They count against the quota. */
  readonly count: number
  /**
   * - `stop` (default): powered off; wakes by booting
   * - `pause`: kept in the memory of its host; wakes at once
   * - `shelve`: its disk kept as an image, no host taken; wakes the slowest
   */
  readonly by?: 'stop' | 'pause' | 'shelve' | undefined
  /** What a spare must pass before it is put to sleep; default that its port takes a connection, where it has one. */
  readonly ready?: Probe | undefined
  /** One that has run so long and is still not ready is put to sleep as it is; default 300,000. */
  readonly bootTimeoutMs?: number | undefined
}
