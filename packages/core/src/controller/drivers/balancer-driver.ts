import type { BalancerMember, LoadBalancer } from '../../balancer.js'
import type { Clock } from '../../clock.js'
import { withDeadline } from '../../async/deadline.js'
import { retryDelayMs } from '../life/launch-backoff.js'
import type { Problems } from '../telling/problems.js'

export interface BalancerDriverOptions {
  readonly balancer: LoadBalancer
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly problems: Problems
  /** Called when `out` has grown or a retry is due. */
  readonly wake: () => void
}

/**
 * Keeps the balancer at the set of members it should have, and knows which of the others have no traffic left: those
 * may be terminated.
 */
export class BalancerDriver {
  readonly #options: BalancerDriverOptions
  readonly #out = new Set<string>()
  /** For those not in the set: the call that took them out, or found them out. */
  readonly #takenOutBy = new Map<string, number>()
  #callCount = 0
  /** The latest call that resolved. */
  #lastSettled = 0
  #asked: string | undefined
  #attempts = 0
  #retryAt = 0

  constructor(options: BalancerDriverOptions) {
    this.#options = options
  }

  /** Ids that the balancer said have no traffic. */
  get out(): ReadonlySet<string> {
    return this.#out
  }

  /** When a call that failed is due again, in milliseconds; undefined when none is. */
  get retryInMs(): number | undefined {
    if (this.#attempts === 0) return undefined
    return Math.max(1, this.#retryAt - this.#options.clock.monotonic())
  }

  /** What was set is no longer what is served: the next update sets it again, and nobody is known to have no traffic. */
  lost(): void {
    this.#asked = undefined
    this.#out.clear()
    this.#takenOutBy.clear()
  }

  /**
   * Brings the balancer to this set. Returns the call it made, or undefined when there was nothing to do.
   *
   * @param others - every other id of the group
   */
  update(members: readonly BalancerMember[], others: readonly string[]): Promise<void> | undefined {
    const wanted = JSON.stringify(members.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
    const now = this.#options.clock.monotonic()
    const isDue = wanted !== this.#asked && (this.#attempts === 0 || now >= this.#retryAt)
    if (isDue) this.#callCount += 1
    const call = this.#callCount

    for (const { id } of members) {
      this.#out.delete(id)
      this.#takenOutBy.delete(id)
    }
    const known = new Set(others)
    for (const id of this.#takenOutBy.keys()) if (!known.has(id)) this.#forget(id)
    for (const id of others) {
      if (this.#takenOutBy.has(id)) continue
      // Before the first call that covers it is made, nothing is known of it.
      if (wanted !== this.#asked && !isDue) continue
      this.#takenOutBy.set(id, call)
      if (this.#lastSettled === call) this.#out.add(id)
    }
    if (!isDue) return undefined
    this.#asked = wanted
    return this.#sync(call, members)
  }

  async #sync(call: number, members: readonly BalancerMember[]): Promise<void> {
    const { balancer, clock, timeoutMs, signal, problems, wake } = this.#options
    const what = `bring ${balancer.name} to ${members.length} members`
    try {
      await withDeadline((inner) => balancer.sync(members, { signal: inner }), {
        clock,
        timeoutMs,
        what,
        signal,
      })
      this.#lastSettled = Math.max(this.#lastSettled, call)
      for (const [id, by] of this.#takenOutBy) if (by === call) this.#out.add(id)
      if (call === this.#callCount) {
        this.#attempts = 0
        problems.over('balance-failed', '')
      }
    } catch (error) {
      if (signal.aborted) return
      const leaving = [...this.#takenOutBy].filter(([, by]) => by === call).map(([id]) => id)
      for (const id of leaving) this.#forget(id)
      // Only a further call can tell that those it took out have no traffic left, also when a later one has resolved.
      if (call === this.#callCount || leaving.length > 0) {
        this.#asked = undefined
        this.#attempts += 1
        this.#retryAt = clock.monotonic() + retryDelayMs(this.#attempts)
        problems.failed('balance-failed', '', what, error)
      }
    }
    wake()
  }

  #forget(id: string): void {
    this.#takenOutBy.delete(id)
    this.#out.delete(id)
  }
}
