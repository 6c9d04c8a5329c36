import { type Clock, systemClock } from '../../clock.js'
import { FlotillaError } from '../../errors.js'
import type { Json } from '../../json.js'
import { checkOptions } from '../../options/check-options.js'
import * as check from '../../options/checks.js'
import { jsonText } from '../../state/file/json-text.js'
import { LeaseTime, momentOf } from '../../state/lease/lease-time.js'
import type { Lease, LeaseHolder, StateStore } from '../../state/store.js'

/** Options of `new FakeStorage()`. */
export interface FakeStoreOptions {
  readonly clock?: Clock | undefined
  /** A lease lasts so long without being renewed; default 20,000. */
  readonly leaseMs?: number | undefined
}

interface Held extends LeaseHolder {
  renewedAt: number
}

/**
 * Storage that several controllers share, such as a database server, and the faults of the way to it. `open` gives the store
 * of one of them.
 */
export class FakeStorage {
  readonly leaseMs: number
  readonly clock: Clock
  readonly texts: Map<string, string> = new Map()
  readonly holders: Map<string, Held> = new Map()
  readonly tokens: Map<string, number> = new Map()
  /** While it is set, no call is answered but with it. */
  fault: FlotillaError | undefined
  /** How many saves were taken. */
  saveCount = 0

  constructor({ clock = systemClock, leaseMs = 20_000 }: FakeStoreOptions = {}) {
    this.clock = clock
    this.leaseMs = leaseMs
  }

  /**
   * The store of one controller.
   *
   * @param who - the controller, in the words of `LeaseHolder`
   */
  open(who: string = 'a fake controller'): FakeStore {
    return new FakeStore(this, who)
  }
}

/** A store that keeps every promise, until a fault says otherwise. */
export class FakeStore implements StateStore, AsyncDisposable {
  readonly storage: FakeStorage
  readonly #who: string
  readonly #held: Held[] = []
  #isClosed = false

  constructor(storage: FakeStorage, who: string) {
    this.storage = storage
    this.#who = who
  }

  async load(group: string): ReturnType<StateStore['load']> {
    this.#use(group)
    const text = this.storage.texts.get(group)
    if (text === undefined) return { kind: 'none' }
    try {
      return { kind: 'state', state: JSON.parse(text) as Json }
    } catch {
      return { kind: 'damaged', reason: 'it is no JSON' }
    }
  }

  async save(
    group: string,
    state: Json,
    { token }: { readonly token?: number | undefined } = {},
  ): Promise<void> {
    const text = jsonText(state)
    this.#use(group)
    const newest = this.storage.tokens.get(group) ?? 0
    if (token !== undefined && token < newest) {
      throw new FlotillaError(
        'conflict',
        `save state of group ${group}: token ${token} is older than ${newest}`,
      )
    }
    this.storage.texts.set(group, text)
    this.storage.saveCount += 1
  }

  async acquire(group: string, { signal }: { readonly signal: AbortSignal }): Promise<Lease> {
    signal.throwIfAborted()
    this.#use(group)
    const { holders, tokens, clock, leaseMs } = this.storage
    const before = holders.get(group)
    const isOwn = before !== undefined && this.#held.includes(before)
    if (before !== undefined && this.#isAlive(before, isOwn ? leaseMs : leaseMs * 1.25)) {
      const since = new Date(before.since).toISOString()
      throw new FlotillaError('conflict', `acquire group ${group}: ${before.who} has held it since ${since}`)
    }
    const token = (tokens.get(group) ?? 0) + 1
    const held: Held = { who: this.#who, since: clock.now(), token, renewedAt: clock.monotonic() }
    holders.set(group, held)
    tokens.set(group, token)
    this.#held.push(held)
    return this.#leaseOf(group, held)
  }

  async holder(group: string): Promise<LeaseHolder | undefined> {
    this.#use(group)
    const held = this.storage.holders.get(group)
    return held && { who: held.who, since: held.since, token: held.token }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const [group, held] of this.storage.holders) {
      if (this.#held.includes(held)) this.storage.holders.delete(group)
    }
  }

  /** As `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #isAlive({ renewedAt }: Held, forMs: number): boolean {
    return this.storage.clock.monotonic() - renewedAt < forMs
  }

  #leaseOf(group: string, held: Held): Lease {
    const { holders, clock, leaseMs } = this.storage
    const time = new LeaseTime(clock, leaseMs, momentOf(clock))
    const isHeld = (): boolean => !this.#isClosed && time.isValid()
    return {
      token: held.token,
      renewEveryMs: leaseMs / 2,
      isHeld,
      renew: async ({ signal }) => {
        signal.throwIfAborted()
        const from = momentOf(clock)
        this.#use(group)
        if (holders.get(group) !== held) time.end()
        if (!isHeld()) {
          const by = holders.get(group)?.who ?? 'nobody'
          throw new FlotillaError('conflict', `renew the lease of group ${group}: ${by} holds it`)
        }
        held.renewedAt = from.monotonicMs
        time.renew(from)
      },
      release: async () => {
        time.end()
        if (holders.get(group) === held) holders.delete(group)
      },
    }
  }

  #use(group: string): void {
    if (this.#isClosed) throw new FlotillaError('closed', `state of group ${group}: the store is closed`)
    checkOptions('StateStore group', check.name(), group)
    if (this.storage.fault !== undefined) throw this.storage.fault
  }
}
