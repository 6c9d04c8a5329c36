import type { Clock } from '@flotilla/core'
import { CountWindow } from '../traffic/count-window.js'
import type { CheckedMember } from '@flotilla/core/authoring'
import { connect } from './connect.js'
import { Connection } from './connection.js'
import { Drain } from './drain.js'

/** What all members have in common. */
export interface MemberSettings {
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly drainTimeoutMs: number
  readonly keepAliveMs: number
  readonly maxInFlight: number
  readonly windowMs: number
}

/** A member that refused a connection is passed over for this long while there are others. */
const avoidMs = 1000

/** One target with its connections and what is in flight to it. */
export class Member {
  readonly id: string
  readonly host: string
  readonly port: number
  weight: number
  /** The round robin's own tally. */
  turn = 0
  readonly #settings: MemberSettings
  readonly #arrivals: CountWindow
  readonly #connections = new Set<Connection>()
  readonly #idle: Connection[] = []
  #inFlightCount = 0
  #avoidedUntilMs = -Infinity
  #drain: Drain | undefined

  constructor({ id, host, port, weight }: CheckedMember, settings: MemberSettings) {
    this.id = id
    this.host = host
    this.port = port
    this.weight = weight
    this.#settings = settings
    const { windowMs, clock } = settings
    this.#arrivals = new CountWindow({ columnCount: 1, windowMs, startMs: clock.monotonic() })
  }

  get inFlightCount(): number {
    return this.#inFlightCount
  }

  get hasRoom(): boolean {
    return this.#inFlightCount < this.#settings.maxInFlight
  }

  isAvoided(nowMs: number): boolean {
    return nowMs < this.#avoidedUntilMs
  }

  requestsPerSecond(): number {
    return this.#arrivals.perSecond(0, this.#settings.clock.monotonic())
  }

  /** A request is on its way here. Each is ended by one `end`. */
  begin(): void {
    this.#inFlightCount += 1
    this.#arrivals.add(0, this.#settings.clock.monotonic())
  }

  end(): void {
    this.#inFlightCount -= 1
    if (this.#inFlightCount === 0) this.#drain?.settle('drained')
  }

  /** A connection with nothing sent on it: an idle one that is still good, or a new one. Rejects when there is none. */
  async connect(): Promise<Connection> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isUsable()) return idle
      idle.close()
    }
    const { clock, connectTimeoutMs, keepAliveMs } = this.#settings
    const { socket, connected } = connect({ host: this.host, port: this.port, timeoutMs: connectTimeoutMs })
    const connection = new Connection(socket, { keepAliveMs, keep: (free) => this.#keep(free) })
    this.#connections.add(connection)
    socket.once('close', () => this.#forget(connection))
    try {
      await connected
    } catch (error) {
      this.#avoidedUntilMs = clock.monotonic() + avoidMs
      throw error
    }
    this.#avoidedUntilMs = -Infinity
    return connection
  }

  /** Takes it out of service: what is in flight goes on until it ends or the drain bound passes. */
  retire(): Drain {
    const drain = new Drain(this.id)
    this.#drain = drain
    for (const idle of this.#idle) idle.close()
    if (this.#inFlightCount === 0) drain.settle('drained')
    else void this.#cutAfterBound(drain)
    return drain
  }

  /** Takes it back into service. */
  readmit(): void {
    this.#drain?.settle('readmitted')
    this.#drain = undefined
    this.turn = 0
  }

  /** Breaks every connection, in use or not. */
  cut(): void {
    for (const connection of this.#connections) connection.close()
    this.#drain?.settle('cut')
  }

  async #cutAfterBound(drain: Drain): Promise<void> {
    try {
      await this.#settings.clock.sleep(this.#settings.drainTimeoutMs, { signal: drain.over })
    } catch {
      return
    }
    this.cut()
  }

  #keep(connection: Connection): boolean {
    if (this.#drain !== undefined) return false
    this.#idle.push(connection)
    return true
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection)
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
  }
}
