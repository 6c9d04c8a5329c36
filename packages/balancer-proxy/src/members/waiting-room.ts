import type { Clock } from '@flotilla/core'
import type { Member } from './member.js'

/** How many requests may wait, and how long each. */
export interface WaitingRoomOptions {
  readonly max: number
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Requests that no member has room for now, first come first served. */
export class WaitingRoom {
  readonly #options: WaitingRoomOptions
  readonly #waiters = new Set<(member: Member | undefined) => void>()

  constructor(options: WaitingRoomOptions) {
    this.#options = options
  }

  get length(): number {
    return this.#waiters.size
  }

  /**
   * A member once there is one with room, counted to this request; undefined when the room is full, the time is up or
   * the signal has aborted.
   */
  async wait(signal: AbortSignal): Promise<Member | undefined> {
    if (signal.aborted || this.#waiters.size >= this.#options.max) return undefined
    const over = new AbortController()
    try {
      return await new Promise<Member | undefined>((resolve) => {
        const settle = (member: Member | undefined): void => {
          this.#waiters.delete(settle)
          resolve(member)
        }
        const giveUp = (): void => settle(undefined)
        this.#waiters.add(settle)
        signal.addEventListener('abort', giveUp, { once: true, signal: over.signal })
        this.#options.clock.sleep(this.#options.timeoutMs, { signal: over.signal }).then(giveUp, giveUp)
      })
    } finally {
      over.abort()
    }
  }

  /** Lets in as many as there is room for. */
  admit(take: () => Member | undefined): void {
    for (const settle of this.#waiters) {
      const member = take()
      if (member === undefined) return
      settle(member)
    }
  }

  /** Sends everyone away. */
  clear(): void {
    for (const settle of this.#waiters) settle(undefined)
  }
}
