import type { Clock } from '../time/clock.js'
import { OpenStackError } from '../openstack-error.js'
import type { Secret } from '../secrets/secret.js'
import { untilAborted } from '../time/until-aborted.js'
import type { Token } from './token.js'

/** A token is renewed this long before its end, or in its last fifth if it is short-lived. */
const renewBeforeMs = 120_000
/**
 * While the old token still serves, none is fetched within this time after the last: neither where that failed, nor
 * where each new one has the same end (an application credential's own), and would be due again ever sooner.
 */
const pauseMs = 10_000

interface Held {
  readonly token: Token
  /** Monotonic, so that a clock that is set does not matter. */
  readonly renewAt: number
  readonly endsAt: number
}

/**
 * Keeps one token for all calls.
 *
 * ```
 * none ──get──▶ renewing ──▶ held ──near its end──▶ held, renewing aside ──▶ held
 *                  ▲            └──reject (401)──▶ none
 * ```
 *
 * However many calls wait, one renewal is under way. A caller's abort ends its own waiting, not the renewal.
 */
export class TokenKeeper {
  readonly #authenticate: () => Promise<Token>
  readonly #clock: Clock
  #held: Held | undefined
  #renewal: Promise<Token> | undefined
  #notBefore = -Infinity
  #refusal: OpenStackError | undefined

  constructor(authenticate: () => Promise<Token>, clock: Clock) {
    this.#authenticate = authenticate
    this.#clock = clock
  }

  /** A token that is good now. Near its end the old one is given while a new one is fetched. */
  async get(signal?: AbortSignal): Promise<Token> {
    signal?.throwIfAborted()
    const now = this.#clock.monotonic()
    const held = this.#held
    if (held === undefined || now >= held.endsAt) return untilAborted(this.#renew(), signal)
    if (now >= held.renewAt && now >= this.#notBefore) {
      // Keystone may be down while the services go on; whoever needs the new token will see why there is none.
      this.#renew().catch(() => {})
    }
    return held.token
  }

  /** A service answered 401 to this token. One that came later is kept. */
  reject(refused: Token): void {
    if (this.#held?.token === refused) this.#held = undefined
  }

  /** The secrets held, for the redactor. */
  secrets(): readonly Secret[] {
    return this.#held === undefined ? [] : [this.#held.token.value]
  }

  #renew(): Promise<Token> {
    this.#renewal ??= this.#fetchToken().finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  async #fetchToken(): Promise<Token> {
    const askedAt = this.#clock.monotonic()
    // Each try with a wrong password counts, and some clouds lock the user out after a few.
    if (this.#refusal !== undefined && askedAt < this.#notBefore) throw this.#refusal
    this.#refusal = undefined
    try {
      const token = await this.#authenticate()
      this.#held = holding(token, askedAt, this.#clock)
      this.#notBefore = this.#clock.monotonic() + pauseMs
      return token
    } catch (error) {
      this.#notBefore = this.#clock.monotonic() + pauseMs
      if (error instanceof OpenStackError && error.code === 'unauthorized') this.#refusal = error
      throw error
    }
  }
}

function holding(token: Token, askedAt: number, clock: Clock): Held {
  const lifetimeMs = token.facts.lifetimeMs ?? token.facts.expiresAt - clock.now()
  return {
    token,
    endsAt: askedAt + lifetimeMs,
    renewAt: askedAt + lifetimeMs - Math.min(renewBeforeMs, lifetimeMs / 5),
  }
}
