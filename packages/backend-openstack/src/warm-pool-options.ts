/** Servers that are made ahead of need and put to sleep once they run. */
export interface WarmPoolOptions {
  /** How many wait. They count against the quota. */
  readonly count: number
  /**
   * - `stop` (default): powered off; wakes by booting
   * - `pause`: kept in the memory of its host; wakes at once
   * - `shelve`: its disk kept as an image, no host taken; wakes the slowest
   */
  readonly by?: 'stop' | 'pause' | 'shelve' | undefined
}
