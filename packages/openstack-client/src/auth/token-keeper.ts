import type { Clock } from '../time/clock.js'
import { OpenStackError } from '../openstack-error.js'
import type { Secret } from '../secrets/secret.js'
import { untilAborted } from '../time/within.js'
import type { Token } from './token.js'

/** A token is renewed this long before its end, or in its last fifth if it is short-lived. */
const renewBeforeMs = 120_000
/**
 * While the old token is still good, no token is fetched within this time after the last attempt: neither after a failure, nor
 * when each new token has the same end (that of an application credential) and would be due again ever sooner.
 */
const pauseMs = 10_000

interface Held {
  readonly token: Token
  /** On the monotonic clock, which never jumps. */
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

  /** A valid token. Near its end it is returned while a new one is fetched. */
  async get(signal?: AbortSignal): Promise<Token> {
    signal?.throwIfAborted()
    const now = this.#clock.monotonic()
    const held = this.#held
    if (held === undefined || now >= held.endsAt) return untilAborted(this.#renew(), signal)
    if (now >= held.renewAt && now >= this.#notBefore) {
      // Keystone may be down while the services work. The first call that needs the new token gets the error.
      this.#renew().catch(() => {})
    }
    return held.token
  }

  /** Call it when a service answered 401 to this token. A later token is kept. */
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
    // Some clouds lock a user out after a few tries with a wrong password.
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
