import type { Clock } from '@flotilla/core'

interface Reservation {
  readonly bytes: number
  readonly vcpus: number
  readonly untilMs: number
  isUnderWay: boolean
}

/** A guest has touched most of what it will use by then, and the host's own figures show it. */
const countedMs = 60_000

/** The resources of one hypervisor that are reserved for launches. */
export interface Reserved {
  readonly bytes: number
  readonly vcpus: number
  /** Launches under way: no list shows their machines yet. */
  readonly underWayCount: number
  readonly underWayVcpus: number
}

/** Memory and CPUs promised to machines that were launched so lately that the host's figures do not show them yet. */
export class Reservations {
  readonly #clock: Clock
  readonly #held = new Map<string, Reservation>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From the choice of the hypervisor on; again when the launch begins, as it may have waited. */
  hold(ticket: string, { memoryMib, vcpus }: { readonly memoryMib: number; readonly vcpus: number }): void {
    const untilMs = this.#clock.monotonic() + countedMs
    this.#held.set(ticket, { bytes: memoryMib * 2 ** 20, vcpus, untilMs, isUnderWay: true })
  }

  /** The machine is there, and counted for a while yet. */
  done(ticket: string): void {
    const held = this.#held.get(ticket)
    if (held !== undefined) held.isUnderWay = false
  }

  release(ticket: string): void {
    this.#held.delete(ticket)
  }

  get total(): Reserved {
    const nowMs = this.#clock.monotonic()
    let [bytes, vcpus, underWayCount, underWayVcpus] = [0, 0, 0, 0]
    for (const [ticket, held] of this.#held) {
      if (held.untilMs <= nowMs && !held.isUnderWay) {
        this.#held.delete(ticket)
        continue
      }
      bytes += held.bytes
      vcpus += held.vcpus
      if (!held.isUnderWay) continue
      underWayCount += 1
      underWayVcpus += held.vcpus
    }
    return { bytes, vcpus, underWayCount, underWayVcpus }
  }
}
