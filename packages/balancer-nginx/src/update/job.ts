import type { Member } from '../config/member-check.js'
import { deferred } from './deferred.js'
import type { Drain } from './drain.js'

/** One set of members that a caller asked for. */
export class Job {
  /** By id. */
  readonly members: ReadonlyMap<string, Member>
  /** Resolves when the set is in force, or a later one in its place; with the removals that it began. */
  readonly inForce: Promise<readonly Drain[]>
  readonly #settling = deferred<readonly Drain[]>()
  readonly #leave: (drains: readonly Drain[]) => void
  #drains: readonly Drain[] | undefined
  #isAbandoned = false

  /** @param leave - takes the removals that nobody waits for any more */
  constructor(members: readonly Member[], leave: (drains: readonly Drain[]) => void) {
    this.members = new Map(members.map((member) => [member.id, member]))
    this.#leave = leave
    this.inForce = this.#settling.promise
    // The caller may have gone.
    this.inForce.catch(() => {})
  }

  get isAbandoned(): boolean {
    return this.#isAbandoned
  }

  resolve(drains: readonly Drain[]): void {
    this.#drains = drains
    if (this.#isAbandoned) this.#leave(drains)
    this.#settling.resolve(drains)
  }

  reject(error: unknown): void {
    this.#settling.reject(error)
  }

  /** The caller has gone. A set that no update has begun with is dropped; removals are left to the next caller. */
  abandon(): void {
    if (this.#isAbandoned) return
    this.#isAbandoned = true
    if (this.#drains !== undefined) this.#leave(this.#drains)
  }
}
