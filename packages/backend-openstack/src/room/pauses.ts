import { FlotillaError, type Clock, type ErrorCode } from '@flotilla/core'

interface Pause {
  readonly code: ErrorCode
  readonly reason: string
  /** On our monotonic clock. */
  readonly untilMs: number
  readonly lengthMs: number
}

/** No pause is longer than this many times the first. */
const mostTimes = 10

/** Key of pauses that hold in every zone: a quota has no zone. */
const everywhere = Symbol('everywhere')

/**
 * Pauses launches: everywhere after a full quota or network, in one zone after that zone had no room. A further refusal within
 * the length of the last pause doubles the pause. Terminations are never paused.
 */
export class Pauses {
  readonly #clock: Clock
  readonly #firstMs: number
  readonly #pauses = new Map<string | symbol, Pause>()

  constructor(clock: Clock, firstMs: number) {
    this.#clock = clock
    this.#firstMs = firstMs
  }

  /** Call it when the project's quota is full. */
  quota(reason: string): void {
    this.#add(everywhere, 'quota-exceeded', reason)
  }

  /** Call it when a zone has no room; undefined is the cloud's own choice of zone. */
  noRoom(zone: string | undefined, reason: string): void {
    this.#add(zone ?? '', 'no-capacity', reason)
  }

  /** Call it when a network has no address left, which holds for every zone. */
  noAddress(reason: string): void {
    this.#add(everywhere, 'no-capacity', reason)
  }

  /** Call it when a server has ended. */
  quotaFreed(): void {
    this.#pauses.delete(everywhere)
  }

  /** Call it when a new server of the zone runs. */
  hasRoom(zone: string | undefined): void {
    this.#pauses.delete(zone ?? '')
  }

  /**
   * The zones that are not paused. Without zones it is `[undefined]`, the cloud's own choice.
   *
   * @throws FlotillaError with the code and reason of the pause that ends first, when all are paused
   */
  open(what: string, zones: readonly string[]): readonly (string | undefined)[] {
    const quota = this.#current(everywhere)
    if (quota !== undefined) throw this.#refusal(what, quota)
    const all = zones.length === 0 ? [undefined] : zones
    const open = all.filter((zone) => this.#current(zone ?? '') === undefined)
    if (open.length > 0) return open
    const pauses = all.flatMap((zone) => this.#current(zone ?? '') ?? [])
    const first = pauses.reduce((soonest, pause) => (pause.untilMs < soonest.untilMs ? pause : soonest))
    throw this.#refusal(what, first)
  }

  #refusal(what: string, { code, reason, untilMs }: Pause): FlotillaError {
    const leftMs = Math.max(0, Math.ceil(untilMs - this.#clock.monotonic()))
    const text = `${what}: not asked for another ${Math.ceil(leftMs / 1000)} s, since the last was refused: ${reason}`
    return new FlotillaError(code, text, { retryAfterMs: leftMs })
  }

  #current(key: string | symbol): Pause | undefined {
    const pause = this.#pauses.get(key)
    return pause !== undefined && pause.untilMs > this.#clock.monotonic() ? pause : undefined
  }

  #add(key: string | symbol, code: ErrorCode, reason: string): void {
    const now = this.#clock.monotonic()
    const last = this.#pauses.get(key)
    // Several launches under way are refused together: that counts once.
    if (last !== undefined && last.untilMs > now) return
    const isAgain = last !== undefined && now - last.untilMs <= last.lengthMs
    const lengthMs = isAgain ? Math.min(2 * last.lengthMs, mostTimes * this.#firstMs) : this.#firstMs
    this.#pauses.set(key, { code, reason, untilMs: now + lengthMs, lengthMs })
  }
}
