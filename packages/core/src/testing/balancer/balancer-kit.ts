import type { BalancerMember, LoadBalancer } from '../../balancer.js'
import type { SuiteOptions } from '../common/suite-options.js'

/** What came back of one request through the balancer. */
export interface BalancerAnswer {
  /** HTTP status; 0 when the connection broke before there was one. */
  readonly status: number
  /** The id that `startMember` gave to the server that answered; absent when none did. */
  readonly memberId?: string | undefined
  /** The Retry-After header, when there was one. */
  readonly retryAfter?: string | undefined
}

/** A request that its member has received and answers when told to. */
export interface HeldRequest {
  readonly memberId: string
  /** Lets the member answer. May be called twice. */
  release(): void
  /** Never rejects: a broken connection is an answer with status 0. */
  readonly answer: Promise<BalancerAnswer>
}

/** One balancer under test, with the traffic that proves it. */
export interface BalancerUnderTest {
  readonly balancer: LoadBalancer
  /** Starts a server that a member can point at, with an id of its own. */
  startMember(): Promise<BalancerMember>
  /** Sends one request through the balancer, which its member answers at once. Never rejects. */
  request(): Promise<BalancerAnswer>
  /** Sends one request through the balancer and resolves once a member has it. */
  hold(): Promise<HeldRequest>
  /** Arms a fault: the next update of the configuration fails. Skips its case when left out. */
  failNextUpdate?(): void | Promise<void>
  /**
   * Somebody else takes away or replaces what is served, as an operator would: removes the file, recreates the container,
   * takes the port. Nobody tells the balancer. Skips the cases of `check` that need it when left out.
   */
  lose?(): void | Promise<void>
  /** From now on a check cannot tell, while traffic goes on: the way it looks is blocked. Skips its case when left out. */
  breakCheck?(): void | Promise<void>
  /** Times the configuration was replaced so far; for "the same set again is cheap". Skips that when left out. */
  updateCount?(): number
  /** Stops the servers and whatever is left. */
  cleanup(): Promise<void>
}

/** How to make a balancer for the contract suite. Each case asks for a new one. */
export interface BalancerKit extends SuiteOptions {
  /**
   * The drain bound of the balancers that `make` gives, milliseconds. Two cases wait that long; an update must be in
   * force within half of it, so leave time: 1,000 for a proxy in this process, 5,000 for one that reloads.
   */
  readonly drainMs: number
  /** A new balancer, with servers and clients of its own. */
  make(): Promise<BalancerUnderTest>
}
