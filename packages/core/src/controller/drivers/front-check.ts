import type { BalancerCheck, LoadBalancer } from '../../balancer.js'
import type { Clock } from '../../clock.js'
import { withDeadline } from '../../async/deadline.js'
import type { Problems } from '../telling/problems.js'

export interface FrontCheckOptions {
  readonly balancer: LoadBalancer
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly problems: Problems
  /** What the last change set is no longer what clients get. */
  readonly onLost: () => void
}

/** Asks the balancer whether clients get what was last set, and tells of it. One check at a time, also of one that hangs. */
export class FrontCheck {
  readonly #options: FrontCheckOptions
  #last: Promise<void> = Promise.resolve()
  #isAsking = false

  constructor(options: FrontCheckOptions) {
    this.#options = options
  }

  /** Asks, unless the balancer has not answered yet. Never rejects. */
  begin(): void {
    if (this.#isAsking || this.#options.balancer.check === undefined) return
    this.#isAsking = true
    this.#last = this.#check()
  }

  /** Resolves when the last check is over, or after `mostMs`. */
  async over(mostMs: number): Promise<void> {
    const { clock, signal } = this.#options
    const timer = new AbortController()
    const waited = clock.sleep(mostMs, { signal: AbortSignal.any([signal, timer.signal]) }).catch(() => {})
    await Promise.race([this.#last, waited])
    timer.abort('over')
  }

  async #check(): Promise<void> {
    const { balancer, clock, timeoutMs, signal, problems, onLost } = this.#options
    const what = `check ${balancer.name}`
    let asked: Promise<BalancerCheck> | undefined
    const ask = (inner: AbortSignal): Promise<BalancerCheck> => {
      asked = Promise.resolve(balancer.check?.({ signal: inner }) ?? { serves: true })
      return asked
    }
    const free = (): void => {
      this.#isAsking = false
    }
    try {
      const check = await withDeadline(ask, { clock, timeoutMs, what, signal })
      problems.over('front-unchecked', '')
      if (check.serves) problems.over('front-lost', '')
      else {
        problems.stands('front-lost', '', `${balancer.name} does not serve what was set: ${check.reason}`)
        onLost()
      }
    } catch (error) {
      if (!signal.aborted) problems.failed('front-unchecked', '', what, error)
    } finally {
      if (asked === undefined) free()
      else asked.then(free, free)
    }
  }
}
