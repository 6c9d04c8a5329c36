import { program, packetStatus, packetType, type Packet } from '../wire/packet.js'

/** Procedures of the keepalive program. */
export const keepAliveProcedure = { ping: 1, pong: 2 } as const

/** Source: virkeepaliveprotocol.x. */
export const keepAlivePacket = (procedure: number): Packet => ({
  program: program.keepalive,
  version: 1,
  procedure,
  type: packetType.message,
  serial: 0,
  status: packetStatus.ok,
  payload: Buffer.alloc(0),
})

export interface KeepAliveOptions {
  readonly intervalMs: number
  /** Silent intervals after which the other side counts as gone. */
  readonly count: number
  readonly ping: () => void
  readonly onSilence: (silentMs: number) => void
}

/** Asks for a sign of life while nothing is heard. Anything that arrives is one. */
export class KeepAlive {
  readonly #timer: NodeJS.Timeout
  #silentIntervals = 0

  constructor({ intervalMs, count, ping, onSilence }: KeepAliveOptions) {
    this.#timer = setInterval(() => {
      if (this.#silentIntervals >= count) {
        this.stop()
        onSilence(this.#silentIntervals * intervalMs)
        return
      }
      this.#silentIntervals += 1
      ping()
    }, intervalMs)
    // The socket keeps the process alive, not this.
    this.#timer.unref()
  }

  heard(): void {
    this.#silentIntervals = 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
