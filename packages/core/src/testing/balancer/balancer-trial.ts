import assert from 'node:assert/strict'
import type { BalancerCheck, BalancerMember, LoadBalancer, SyncReport } from '../../balancer.js'
import { outcomeOf, started } from '../common/assertions.js'
import type { BalancerAnswer, BalancerKit, BalancerUnderTest, HeldRequest } from './balancer-kit.js'
import type { Bounds } from '../common/bounds.js'
import { skipCase } from '../common/contract-case.js'
import { KitTrial } from '../common/kit-trial.js'

/** Requests after which a member that takes traffic must have had one. */
const mostRequests = 100
/** Requests in a row that prove that nobody else takes traffic. */
const fewRequests = 8

type Ability = 'failNextUpdate' | 'updateCount' | 'lose' | 'breakCheck'

/** One case's balancer, with every call bounded. */
export class BalancerTrial extends KitTrial<BalancerUnderTest, Ability> {
  readonly balancer: LoadBalancer
  readonly drainMs: number
  readonly #held: HeldRequest[] = []

  constructor(under: BalancerUnderTest, bounds: Bounds, drainMs: number) {
    super(under, bounds)
    this.balancer = under.balancer
    this.drainMs = drainMs
  }

  static async open(kit: BalancerKit, bounds: Bounds): Promise<BalancerTrial> {
    const under = await bounds.within('make', kit.make(), bounds.eventuallyMs)
    return new BalancerTrial(under, bounds, kit.drainMs)
  }

  /** Two members that answer. */
  async startTwo(): Promise<readonly [BalancerMember, BalancerMember]> {
    return [await this.under.startMember(), await this.under.startMember()]
  }

  /** Not bounded: for cases that look at how the call settles. */
  startSync(members: readonly BalancerMember[], signal?: AbortSignal): Promise<SyncReport> {
    return started(this.balancer.sync(members, { signal: signal ?? new AbortController().signal }))
  }

  /** Bounded by the drain and the call's own bound. */
  async sync(members: readonly BalancerMember[]): Promise<SyncReport> {
    return this.finish(this.startSync(members))
  }

  async finish(syncing: Promise<SyncReport>): Promise<SyncReport> {
    return this.bounds.within('sync', syncing, this.drainMs + this.bounds.timeoutMs)
  }

  /** Skips the case when the balancer cannot lose what it was set to. */
  needCheck(): void {
    if (this.balancer.check === undefined) skipCase('the balancer has no check')
  }

  /** Not bounded, as `startSync`. */
  async startCheck(signal?: AbortSignal): Promise<BalancerCheck> {
    const { balancer } = this
    if (balancer.check === undefined) return skipCase('the balancer has no check')
    return balancer.check({ signal: signal ?? new AbortController().signal })
  }

  async check(boundMs?: number): Promise<BalancerCheck> {
    return this.bounds.within('check', this.startCheck(), boundMs)
  }

  async request(): Promise<BalancerAnswer> {
    return this.bounds.within('a request', this.under.request())
  }

  /** A request that its member has and does not answer yet. */
  async hold(): Promise<HeldRequest> {
    const held = await this.bounds.within('a request', this.under.hold())
    this.#held.push(held)
    return held
  }

  async answerOf({ answer }: HeldRequest): Promise<BalancerAnswer> {
    return this.bounds.within('the answer of a held request', answer)
  }

  /** Asserts that each of these takes traffic, that nobody else does, and that every request is answered. */
  async assertTraffic(...members: readonly BalancerMember[]): Promise<void> {
    const ids = new Set(members.map(({ id }) => id))
    const seen = new Set<string>()
    for (let sent = 0; sent < mostRequests && (seen.size < ids.size || sent < fewRequests); sent += 1) {
      const { status, memberId = 'nobody' } = await this.request()
      assert.equal(status, 200, `a request was answered with ${status} by ${memberId}`)
      assert.ok(ids.has(memberId), `${memberId} is no member, and took a request`)
      seen.add(memberId)
    }
    assert.deepEqual(seen, ids, `not every member took one of ${mostRequests} requests`)
  }

  /** Waits until an update that has not resolved yet, because it drains, is in force: long before the drain ends. */
  async untilTraffic(...members: readonly BalancerMember[]): Promise<void> {
    await this.bounds.eventually(
      'an update to be in force',
      async () => this.assertTraffic(...members),
      this.drainMs / 2,
    )
  }

  async end(): Promise<void> {
    for (const held of this.#held) held.release()
    await outcomeOf(this.bounds.within('close', this.balancer.close()))
    await this.bounds.within('cleanup', this.under.cleanup(), this.bounds.eventuallyMs)
  }
}
