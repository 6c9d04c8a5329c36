import {
  FlotillaError,
  type BalancerCheck,
  type BalancerMember,
  type CallOptions,
  type LoadBalancer,
  type SyncReport,
} from '@flotilla/core'
import { disposable, CallGuard, KeyedQueue, untilAborted } from '@flotilla/core/authoring'
import { givenConnection, type GivenConnection } from '../connection/connection.js'
import { checkMembers, memberSpecs, placeOf } from './members.js'
import { readOctaviaOptions, type OctaviaOptions, type OctaviaSettings } from './options.js'
import { PoolApi } from './pool-api.js'

/**
 * Members of a pool of an Octavia load balancer. A removed member gets weight 0 first. It is taken out when the listeners have
 * no connection, or after `drainMs`. For an empty pool Octavia itself answers 503, without Retry-After.
 *
 * @throws FlotillaError `invalid-options`
 */
export function octavia(options: OctaviaOptions): LoadBalancer & AsyncDisposable {
  const settings = readOctaviaOptions(options)
  return disposable(new OctaviaBalancer(settings, givenConnection(options.cloud)))
}

/** A removed member that drains, and how that ended. */
interface Drain {
  readonly member: BalancerMember
  /** On our monotonic clock. */
  readonly endMs: number
  outcome: 'drained' | 'cut' | 'readmitted' | undefined
}

export class OctaviaBalancer implements LoadBalancer {
  readonly name: string
  readonly #api: PoolApi
  readonly #settings: OctaviaSettings
  readonly #given: GivenConnection
  /** Runs changes of the pool one at a time, in the order of the calls. */
  readonly #changes = new KeyedQueue()
  readonly #guard: CallGuard
  /** The members in force; undefined until the first change. */
  #members: readonly BalancerMember[] | undefined
  /** Whether the pool may have other members: a change failed, or a check found others. */
  #isInDoubt = false
  /** Whether the last check failed: then the next change looks whether its members are served. */
  #wasLost = false
  /** Counts changes, so that a check notices one during it. */
  #changeCount = 0
  /** By place. */
  #draining: ReadonlyMap<string, Drain> = new Map()

  constructor(settings: OctaviaSettings, given: GivenConnection) {
    this.name = `octavia ${settings.pool}`
    this.#guard = new CallGuard(this.name)
    this.#settings = settings
    this.#given = given
    this.#api = new PoolApi(given.connection, settings)
  }

  async sync(members: readonly BalancerMember[], { signal }: CallOptions): Promise<SyncReport> {
    const shared = this.#guard.begin(signal)
    const wanted = checkMembers(members)
    const { connection } = this.#given
    // A change runs to its end within its own bound, whoever waits: after a broken one the members would be unknown.
    const changing = this.#changes.run('pool', shared, async () => this.#change(wanted, this.#guard.closing))
    const draining = changing.then(async (drains) => this.#drain(drains, this.#guard.closing))
    connection.inBackground(draining)
    const removed = await untilAborted(async () => changing, shared)
    await untilAborted(async () => draining, shared)
    const ids = (outcome: Drain['outcome']): readonly string[] =>
      removed.filter((drain) => drain.outcome === outcome).map(({ member }) => member.id)
    return { drained: ids('drained'), cut: ids('cut'), readmitted: ids('readmitted') }
  }

  async check({ signal }: CallOptions): Promise<BalancerCheck> {
    const shared = this.#guard.begin(signal)
    if (this.#members === undefined) return { serves: true }
    const count = this.#changeCount
    const reason = await untilAborted(async () => this.#lost(shared), shared)
    // A change during the check makes its answer useless. That change waits for Octavia itself.
    if (reason === undefined || count !== this.#changeCount) return { serves: true }
    this.#isInDoubt = true
    this.#wasLost = true
    return { serves: false, reason }
  }

  async #lost(signal: AbortSignal): Promise<string | undefined> {
    const specs = (subnetId: string | undefined): ReturnType<typeof memberSpecs> =>
      memberSpecs(
        this.#members ?? [],
        [...this.#draining.values()].map(({ member }) => member),
        subnetId,
      )
    return this.#api.lost(specs, { signal }).catch((error: unknown) => {
      const isKnown = error instanceof FlotillaError && /^(unavailable|timeout)$/.test(error.code)
      if (signal.aborted || !(error instanceof FlotillaError) || isKnown) throw error
      // Any other failure also means that the members cannot be looked at.
      throw new FlotillaError('unavailable', error.message, { cause: error })
    })
  }

  async close(): Promise<void> {
    this.#guard.close()
    if (!this.#given.isShared) await this.#given.connection.close()
  }

  /** Puts the members in force, the removed ones with weight 0. @returns the removed members */
  async #change(wanted: readonly BalancerMember[], signal: AbortSignal): Promise<readonly Drain[]> {
    const { clock } = this.#given.connection
    // Members that another program has left in the pool drain too.
    const before = this.#members ?? (await this.#api.members({ signal }))
    const places = new Set(wanted.map(placeOf))
    const gone = before.filter((member) => !places.has(placeOf(member)))
    const isSame =
      this.#members !== undefined &&
      !this.#isInDoubt &&
      JSON.stringify(this.#members) === JSON.stringify(wanted)
    if (isSame) return []
    const drains = gone.map((member): Drain => {
      const endMs = clock.monotonic() + this.#settings.drainMs
      return { member, endMs, outcome: undefined }
    })
    const staying = [...this.#draining.values()].filter(
      ({ member, endMs }) => !places.has(placeOf(member)) && endMs > clock.monotonic(),
    )
    const draining = [...staying, ...drains]
    await this.#replace(wanted, draining, signal)
    if (this.#wasLost) await this.#expectServed(wanted, draining, signal)
    for (const drain of this.#draining.values())
      if (places.has(placeOf(drain.member))) drain.outcome = 'readmitted'
    this.#members = wanted
    this.#draining = new Map(draining.map((drain) => [placeOf(drain.member), drain]))
    return drains
  }

  /** Looks whether the members are served, since more than members may be lost. @throws FlotillaError `unavailable` */
  async #expectServed(
    members: readonly BalancerMember[],
    draining: readonly Drain[],
    signal: AbortSignal,
  ): Promise<void> {
    const specs = (subnetId: string | undefined): ReturnType<typeof memberSpecs> =>
      memberSpecs(
        members,
        draining.map(({ member }) => member),
        subnetId,
      )
    const reason = await this.#api.lost(specs, { signal })
    if (reason !== undefined) {
      this.#isInDoubt = true
      throw new FlotillaError(
        'unavailable',
        `${this.name}: the members are set, and are not served: ${reason}`,
      )
    }
    this.#wasLost = false
  }

  async #replace(
    members: readonly BalancerMember[],
    draining: readonly Drain[],
    signal: AbortSignal,
  ): Promise<void> {
    this.#isInDoubt = true
    this.#changeCount += 1
    await this.#api.replace(
      (subnetId) =>
        memberSpecs(
          members,
          draining.map(({ member }) => member),
          subnetId,
        ),
      { signal },
    )
    this.#isInDoubt = false
    this.#changeCount += 1
  }

  /** Waits for the end of all connections or of `drainMs`, then takes the members out of the pool. */
  async #drain(removed: readonly Drain[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#given.connection
    for (;;) {
      const open = removed.filter(({ outcome }) => outcome === undefined)
      if (open.length === 0) return
      const count = await this.#api.connectionCount({ signal })
      const now = clock.monotonic()
      const isOver = ({ endMs }: Drain): boolean => count === 0 || endMs <= now
      const over = open.filter(isOver)
      if (over.length > 0) {
        const outcome = count === 0 ? 'drained' : 'cut'
        await this.#changes.run('pool', signal, async () => this.#takeOut(over, outcome, signal))
        continue
      }
      const soonestMs = Math.min(...open.map(({ endMs }) => endMs - now))
      await clock.sleep(Math.max(1, Math.min(this.#settings.pollMs, soonestMs)), { signal })
    }
  }

  async #takeOut(over: readonly Drain[], outcome: 'drained' | 'cut', signal: AbortSignal): Promise<void> {
    // A later sync may have brought some back while this waited for its turn.
    const still = over.filter((drain) => drain.outcome === undefined)
    if (still.length === 0) return
    const left = [...this.#draining.values()].filter((drain) => !still.includes(drain))
    await this.#replace(this.#members ?? [], left, signal)
    this.#draining = new Map(left.map((drain) => [placeOf(drain.member), drain]))
    for (const drain of still) drain.outcome = outcome
  }
}
