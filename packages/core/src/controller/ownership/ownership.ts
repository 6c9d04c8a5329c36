import { hostname } from 'node:os'
import { withDeadline } from '../../async/deadline.js'
import { FlotillaError, toFlotillaError } from '../../errors.js'
import type { Lease, LeaseHolder } from '../../state/store.js'
import type { FullOptions } from '../options/full-options.js'
import { type GroupState, freshState } from '../life/group-state.js'
import { acquireHost, acquireLease, throwIfFatal } from './acquire.js'
import { Keeper } from './keeper.js'
import { loadState } from './load-state.js'
import type { Problems } from '../telling/problems.js'
import { inWords, otherHolder, tellLoss } from './tell-loss.js'
import { Term } from './term.js'

export interface OwnershipOptions {
  readonly options: FullOptions
  readonly problems: Problems
  /** Takes over a term that began by itself: after a loss, or once the store could be read. Undefined keeps the state. */
  readonly onTerm: (term: Term, state: GroupState | undefined) => void
}

/** Who owns the group, as far as this controller knows. */
export interface GroupOwner {
  /** In words: `process 4711 on host-a`. */
  readonly who: string
  /** Epoch milliseconds. */
  readonly since: number
  /** Its fencing token; absent while the store cannot be asked, or has none. */
  readonly token?: number | undefined
  /** Whether it is this controller, and surely: then it acts. */
  readonly isHeld: boolean
}

/** How often a group that is lost is tried for again, and a store that failed. */
const retryMs = 10_000
/** A renewal that failed is tried again so many times before the next would be due. */
const renewTries = 5
/**
 * Holds the group for this controller: against others on this host, and by the store's lease against all that share the
 * store. Renews, notices a loss, tells who has it, and tries for it again until `release`.
 */
export class Ownership {
  readonly #given: OwnershipOptions
  readonly #ended = new AbortController()
  #term: Term | undefined
  #host: Lease | undefined
  /** Who has it instead, as far as is known. */
  #other: LeaseHolder | undefined
  /** Why the last renewal failed. */
  #renewFailure: FlotillaError | undefined
  /** Whether the stored state was read, or found not to be there. */
  #hasRead = false
  readonly #keeper: Keeper

  constructor(given: OwnershipOptions) {
    this.#given = given
    this.#keeper = new Keeper({
      clock: given.options.clock,
      signal: this.#ended.signal,
      pauseMs: () => this.#pauseMs(),
      turn: () => this.#keepOnce(),
    })
  }

  get term(): Term | undefined {
    return this.#term
  }

  /**
   * Owns the group from now on, and gives its state. A store that cannot be read or written is told and tried again: the
   * group is run all the same, from what is found of it.
   *
   * @throws FlotillaError `conflict` when another controller holds the group; what no waiting mends; the signal's reason
   */
  async begin(signal: AbortSignal): Promise<{ readonly term: Term; readonly state: GroupState }> {
    const { options, problems } = this.#given
    if (options.dryRun) {
      const term = this.#newTerm([])
      return { term, state: (await this.#readQuietly(signal)) ?? freshState }
    }
    this.#host ??= await acquireHost(options, problems, signal)
    let lease: Lease | undefined
    try {
      let failure: unknown
      try {
        lease = await acquireLease(this.#given.options, signal)
      } catch (error) {
        failure = error
        throwIfFatal(error, signal)
      }
      const state = await this.#readQuietly(signal)
      const term = this.#newTerm([this.#host, lease])
      term.token = lease?.token
      if (failure !== undefined) problems.failed('store-failed', '', `own group ${options.group}`, failure)
      if (failure !== undefined || !this.#hasRead) term.maySave = false
      this.#keeper.start()
      return { term, state: state ?? freshState }
    } catch (error) {
      await lease?.release()
      await this.#host?.release()
      this.#host = undefined
      throw error
    }
  }

  /** @throws FlotillaError `conflict` when this controller does not own the group now */
  assertHeld(attempted: string): void {
    if (this.#term?.isHeld() !== false) return
    const by = this.#other === undefined ? 'its ownership is in doubt' : inWords(this.#other)
    throw new FlotillaError('conflict', `${attempted}: this controller does not own the group: ${by}`)
  }

  /** The group was found to be another's, or may be: nothing more is done in this term. */
  lose(term: Term, error: FlotillaError): void {
    if (term !== this.#term || term.lost.aborted || this.#ended.signal.aborted) return
    term.end(error)
    void this.#tellLoss(error).then(() => this.#keeper.wake())
  }

  owner(): GroupOwner | undefined {
    const term = this.#term
    if (term === undefined || this.#given.options.dryRun) return undefined
    if (term.lost.aborted && this.#other !== undefined) return { ...this.#other, isHeld: false }
    return {
      who: `process ${process.pid} on ${hostname()}`,
      since: term.since,
      token: term.token,
      isHeld: term.isHeld(),
    }
  }

  /** Lets go of everything. A store that cannot be told will find the lease not renewed. May be called twice. */
  async release(): Promise<void> {
    this.#ended.abort(new FlotillaError('closed', 'the autoscaler was stopped'))
    const leases = [...(this.#term?.leases ?? []), ...(this.#host === undefined ? [] : [this.#host])]
    const { options, problems } = this.#given
    for (const lease of new Set(leases)) {
      try {
        await lease.release()
      } catch (error) {
        problems.failed('store-failed', 'lease', `release group ${options.group}`, error)
      }
    }
    this.#host = undefined
  }

  #newTerm(leases: readonly (Lease | undefined)[]): Term {
    const held = leases.filter((lease) => lease !== undefined)
    const { clock } = this.#given.options
    const term: Term = new Term(held, clock.now(), () => this.lose(term, this.#doubt()))
    this.#term = term
    this.#other = undefined
    this.#renewFailure = undefined
    return term
  }

  #doubt(): FlotillaError {
    const cause = this.#renewFailure
    // Without a failure nobody tried: the process or its host was suspended, or too busy; or the clock was set.
    const why =
      cause === undefined ? 'this process did not come to it, or the clock was set ahead' : cause.message
    const message = `own group ${this.#given.options.group}: its lease was not renewed in time, and another controller may have it (${why})`
    return new FlotillaError('conflict', message, { cause })
  }

  async #readQuietly(signal: AbortSignal): Promise<GroupState | undefined> {
    const { options, problems } = this.#given
    try {
      const state = await loadState(options, problems, signal)
      this.#hasRead = true
      return state
    } catch (error) {
      throwIfFatal(error, signal)
      problems.failed('store-failed', '', `load the state of ${options.group}`, error)
      return undefined
    }
  }

  /** One turn. Gives the time to the next. */
  async #keepOnce(): Promise<number> {
    const term = this.#term
    if (term?.isHeld() !== true) {
      await this.#regain()
      return this.#pauseMs()
    }
    const isRenewed = await this.#renew(term)
    if (!term.maySave) await this.#store(term)
    return isRenewed ? this.#pauseMs() : this.#pauseMs() / renewTries
  }

  /** Infinity when nothing has to be kept. */
  #pauseMs(): number {
    const term = this.#term
    if (term === undefined || term.lost.aborted) return retryMs
    const renewEveryMs = term.leases.map((lease) => lease.renewEveryMs ?? Infinity)
    return Math.min(term.maySave ? Infinity : retryMs, ...renewEveryMs)
  }

  async #renew(term: Term): Promise<boolean> {
    const { options, problems } = this.#given
    const { clock } = options
    const what = `renew the lease of group ${options.group}`
    for (const lease of term.leases) {
      if (lease.renewEveryMs === undefined) continue
      try {
        const timeoutMs = lease.renewEveryMs / 2
        const { signal } = this.#ended
        await withDeadline((inner) => lease.renew({ signal: inner }), { clock, timeoutMs, what, signal })
      } catch (thrown) {
        if (this.#ended.signal.aborted) return false
        const error = toFlotillaError(thrown, what)
        if (error.code !== 'conflict') this.#renewFailure = error
        if (error.code === 'conflict') this.lose(term, error)
        else if (!lease.isHeld()) this.lose(term, this.#doubt())
        else problems.failed('store-failed', 'lease', what, error)
        return false
      }
    }
    this.#renewFailure = undefined
    problems.over('store-failed', 'lease')
    return true
  }

  /** Takes up a store that could not be used when the term began. */
  async #store(term: Term): Promise<void> {
    const { problems, onTerm } = this.#given
    const { signal } = this.#ended
    let lease: Lease | undefined
    try {
      lease = term.token === undefined ? await acquireLease(this.#given.options, signal) : undefined
      // What was never read is not overwritten: pauses and protection stand in it.
      const state = this.#hasRead ? undefined : await loadState(this.#given.options, problems, signal)
      this.#hasRead = true
      problems.over('store-failed', '')
      if (state === undefined) {
        if (lease !== undefined) term.add(lease)
        term.token ??= lease?.token
        term.maySave = true
        return
      }
      term.end(new FlotillaError('conflict', 'the stored state could be read, and the group goes on from it'))
      const next = this.#newTerm([...term.leases, lease])
      next.token = lease?.token ?? term.token
      onTerm(next, state)
    } catch (thrown) {
      if (lease !== undefined && !term.leases.includes(lease)) await lease.release().catch(() => {})
      if (signal.aborted) return
      const error = toFlotillaError(thrown, 'own the group')
      if (error.code === 'conflict') this.lose(term, error)
    }
  }

  /** Tries to own the group again, and to go on from what is stored by then. */
  async #regain(): Promise<void> {
    const { options, problems, onTerm } = this.#given
    const { signal } = this.#ended
    let lease: Lease | undefined
    try {
      if (this.#host?.isHeld() !== true) {
        this.#host = undefined
        this.#host = await acquireHost(options, problems, signal)
      }
      lease = await acquireLease(this.#given.options, signal)
      const state = await loadState(options, problems, signal)
      this.#hasRead = true
      const term = this.#newTerm([this.#host, lease])
      term.token = lease?.token
      for (const kind of ['ownership-lost', 'ownership-in-doubt'] as const) problems.over(kind, '')
      for (const about of ['', 'lease']) problems.over('store-failed', about)
      onTerm(term, state)
    } catch (thrown) {
      await lease?.release().catch(() => {})
      if (signal.aborted) return
      await this.#tellLoss(toFlotillaError(thrown, `own group ${options.group}`))
    }
  }

  /** Says who has the group, once that is known, and until then that it is in doubt. */
  async #tellLoss(error: FlotillaError): Promise<void> {
    const { options, problems } = this.#given
    const ownToken = this.#term?.token
    this.#other = await otherHolder(options, ownToken, this.#ended.signal)
    if (this.#ended.signal.aborted) return
    tellLoss(options.group, { error, other: this.#other, ownToken }, problems)
  }
}
