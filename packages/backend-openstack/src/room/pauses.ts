import { FlotillaError, type Clock, type ErrorCode } from '@flotilla/core'

interface Pause {
  readonly code: ErrorCode
  readonly reason: string
  /** On the clock's monotonic time. */
  readonly untilMs: number
  readonly lengthMs: number
}

/** No pause is longer than so many times the first. */
const mostTimes = 10

/** The whole project, as far as pauses go: a quota is no zone's. */
const everywhere = Symbol('everywhere')

/**
 * Launches that are not asked for, for a while: after a full quota or network everywhere, after a zone without room in that zone.
 * Each further refusal within the time of the last pause doubles it. What ends servers is never paused.
 */
export class Pauses {
  readonly #clock: Clock
  readonly #firstMs: number
  readonly #pauses = new Map<string | symbol, Pause>()

  constructor(clock: Clock, firstMs: number) {
    this.#clock = clock
    this.#firstMs = firstMs
  }

  /** The project's quota is full. */
  quota(reason: string): void {
    this.#add(everywhere, 'quota-exceeded', reason)
  }

  /** A zone has no room; undefined stands for the cloud's own choice. */
  noRoom(zone: string | undefined, reason: string): void {
    this.#add(zone ?? '', 'no-capacity', reason)
  }

  /** A network has no address left, whichever zone asks. */
  noAddress(reason: string): void {
    this.#add(everywhere, 'no-capacity', reason)
  }

  /** One was ended, so that one may be made. */
  quotaFreed(): void {
    this.#pauses.delete(everywhere)
  }

  /** A server of the zone came to run. */
  hasRoom(zone: string | undefined): void {
    this.#pauses.delete(zone ?? '')
  }

  /** Zones that may be asked; none given stands for the cloud's own choice. @throws FlotillaError why none may */
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
    // Several that were under way are refused together: that is one refusal.
    if (last !== undefined && last.untilMs > now) return
    const isAgain = last !== undefined && now - last.untilMs <= last.lengthMs
    const lengthMs = isAgain ? Math.min(2 * last.lengthMs, mostTimes * this.#firstMs) : this.#firstMs
    this.#pauses.set(key, { code, reason, untilMs: now + lengthMs, lengthMs })
  }
}
