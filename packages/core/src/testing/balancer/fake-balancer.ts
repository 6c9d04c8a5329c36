import { isDeepStrictEqual } from 'node:util'
import * as v from 'valibot'
import type { BalancerCheck, BalancerMember, LoadBalancer, SyncReport } from '../../balancer.js'
import type { BalancerAnswer, HeldRequest } from './balancer-kit.js'
import { checkOptions } from '../../options/check-options.js'
import { positiveNumber, text, wholeNumber } from '../../options/checks.js'
import { systemClock, type Clock } from '../../clock.js'
import type { CallOptions } from '../../async/deadline.js'
import { FlotillaError } from '../../errors.js'
import { faultOf, meetFault, type CallFault, type Fault } from '../common/call-faults.js'
import { FakeTraffic, type DrainEnd } from './fake-drain.js'

/** How an in-memory balancer behaves while nothing is wrong. */
export interface FakeBalancerOptions {
  /** Default `fake`. */
  readonly name?: string | undefined
  /** Default the host's clock. */
  readonly clock?: Clock | undefined
  /** How long a removed member may finish its requests; milliseconds, default 30,000. */
  readonly drainMs?: number | undefined
  /** How long it takes to put a set of members in force; milliseconds, default 0. */
  readonly updateMs?: number | undefined
  /** Its own bound of an update; milliseconds, default 30,000. */
  readonly timeoutMs?: number | undefined
}

/** A member in force, with what it was given so far. */
interface Served {
  readonly member: BalancerMember
  /** Requests so far over its weight: the lowest is next. */
  share: number
}

const membersSchema = v.array(
  v.object({
    id: text(),
    host: v.pipe(text(), v.regex(/^[\w.:%-]+$/, 'a host name or address, without brackets or port')),
    port: wholeNumber(1, 65_535),
    weight: v.optional(positiveNumber()),
  }),
)

/** A balancer without a network: its requests are rows in memory that end when the test says so. */
export function fakeBalancer(options: FakeBalancerOptions = {}): FakeBalancer {
  return new FakeBalancer(options)
}

/** See `fakeBalancer`. */
export class FakeBalancer implements LoadBalancer, AsyncDisposable {
  readonly name: string
  /** What goes wrong with an update or a check; change it at any time. */
  readonly faults: {
    sync?: Fault<CallFault, readonly BalancerMember[]> | undefined
    check?: Fault<CallFault, undefined> | undefined
  } = {}
  /** Every set that `sync` was given, refused ones too. */
  readonly syncs: (readonly BalancerMember[])[] = []
  /** Times that the set in force was replaced by another. */
  updateCount = 0
  checkCount = 0
  closeCount = 0
  readonly #options: FakeBalancerOptions
  readonly #clock: Clock
  #served: readonly Served[] = []
  /** Why nothing of the set in force is served, since somebody took it away. */
  #lost: string | undefined
  readonly #traffic = new Map<string, FakeTraffic>()
  /** The update before, so that they take effect in the order made. */
  #before: Promise<unknown> = Promise.resolve()

  constructor(options: FakeBalancerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.name = options.name ?? 'fake'
  }

  /** The set in force. */
  get members(): readonly BalancerMember[] {
    return this.#served.map(({ member }) => member)
  }

  async sync(members: readonly BalancerMember[], { signal }: CallOptions): Promise<SyncReport> {
    this.syncs.push(members)
    if (this.closeCount > 0) throw new FlotillaError('closed', `sync: the balancer ${this.name} is closed`)
    signal.throwIfAborted()
    checkOptions('sync', membersSchema, members)
    const fault = faultOf(this.faults.sync, members)
    // What never answers and ignores its signal holds up nobody but its caller.
    if (fault?.kind === 'hang') return new Promise(() => {})
    const update = this.#before.then(async () => this.#update(members, signal, fault))
    this.#before = update.catch(() => {})
    return until(update.then(reportOf), signal)
  }

  async check({ signal }: CallOptions): Promise<BalancerCheck> {
    this.checkCount += 1
    if (this.closeCount > 0) throw new FlotillaError('closed', `check: the balancer ${this.name} is closed`)
    signal.throwIfAborted()
    const { timeoutMs = 30_000 } = this.#options
    const fault = faultOf(this.faults.check, undefined)
    await meetFault(fault, { what: `${this.name} check`, clock: this.#clock, signal, timeoutMs })
    return this.#lost === undefined ? { serves: true } : { serves: false, reason: this.#lost }
  }

  async close(): Promise<void> {
    this.closeCount += 1
    this.#served = []
  }

  /** As `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Somebody takes away what is served; the next update puts it back. Before the first one there is nothing to lose. */
  lose(reason = 'another configuration is served; the next sync puts it back'): void {
    if (this.updateCount > 0) this.#lost = reason
  }

  /** Whether requests reach the members. */
  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** One request, answered at once by the member whose turn it is. */
  request(): BalancerAnswer {
    if (this.#lost !== undefined) return { status: 0 }
    const member = this.#next()
    return member === undefined ? noMember : { status: 200, memberId: member.id }
  }

  /** A request that its member answers when told to; to one member, or to the one whose turn it is. */
  hold(id?: string): HeldRequest {
    const memberId = id ?? this.#next()?.id
    if (memberId === undefined) throw new Error('no member takes a request')
    const { release, answer } = this.#trafficOf(memberId).begin()
    return { memberId, release, answer: answer.then((status) => ({ status, memberId })) }
  }

  /** Ends every request in flight to a member. */
  release(id: string): void {
    this.#trafficOf(id).release()
  }

  /** Breaks every request in flight to a member. */
  cut(id: string): void {
    this.#trafficOf(id).release(0)
  }

  /** Requests in flight to a member. */
  inFlightCount(id: string): number {
    return this.#traffic.get(id)?.inFlightCount ?? 0
  }

  /** Whether a member was removed and still has requests. */
  isDraining(id: string): boolean {
    return this.#traffic.get(id)?.isDraining ?? false
  }

  async #update(
    members: readonly BalancerMember[],
    signal: AbortSignal,
    fault: CallFault | undefined,
  ): Promise<readonly Drain[]> {
    const { updateMs = 0, timeoutMs = 30_000, drainMs = 30_000 } = this.#options
    if (updateMs > 0) await this.#clock.sleep(updateMs, { signal })
    signal.throwIfAborted()
    await meetFault(fault, { what: `${this.name} sync`, clock: this.#clock, signal, timeoutMs })
    const removed = this.members.filter(({ id }) => !members.some((member) => member.id === id))
    this.#install(members)
    for (const { id } of members) this.#traffic.get(id)?.readmit()
    return removed.map(({ id }) => ({ id, end: this.#trafficOf(id).drain(this.#clock, drainMs) }))
  }

  #install(members: readonly BalancerMember[]): void {
    if (this.#lost !== undefined || !isDeepStrictEqual(members, this.members)) this.updateCount += 1
    this.#lost = undefined
    const known = new Map(this.#served.map((served) => [served.member.id, served.share]))
    // A newcomer begins where the others are, or it would get every request until it had caught up.
    const share = known.size === 0 ? 0 : Math.min(...known.values())
    this.#served = members.map((member) => ({ member, share: known.get(member.id) ?? share }))
  }

  #next(): BalancerMember | undefined {
    const [first, ...others] = this.#served
    if (first === undefined || this.#lost !== undefined) return undefined
    const next = others.reduce((least, served) => (served.share < least.share ? served : least), first)
    next.share += 1 / (next.member.weight ?? 1)
    return next.member
  }

  #trafficOf(id: string): FakeTraffic {
    const traffic = this.#traffic.get(id) ?? new FakeTraffic()
    this.#traffic.set(id, traffic)
    return traffic
  }
}

interface Drain {
  readonly id: string
  readonly end: Promise<DrainEnd>
}

const noMember: BalancerAnswer = { status: 503, retryAfter: '1' }

async function reportOf(drains: readonly Drain[]): Promise<SyncReport> {
  const ends = await Promise.all(drains.map(async ({ id, end }) => ({ id, end: await end })))
  const which = (wanted: DrainEnd): readonly string[] =>
    ends.filter(({ end }) => end === wanted).map(({ id }) => id)
  return { drained: which('drained'), cut: which('cut'), readmitted: which('readmitted') }
}

/** The work's own outcome, or the signal's reason when that aborts first; the work goes on. */
async function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}
