import type { MetricInfo, Reading, SampleRequest, Clock } from '@flotilla/core'
import { absentReading, readingFrom } from '@flotilla/core/authoring'
import type { StatusPage } from './status-page.js'

const rate: MetricInfo = { name: 'http.request_rate', unit: 'per-second', of: 'group' }
const inFlight: MetricInfo = { name: 'http.in_flight', unit: 'count', of: 'group' }
const connections: MetricInfo = { name: 'http.active_connections', unit: 'count', of: 'group' }

export const statusMetrics: readonly MetricInfo[] = [rate, inFlight, connections]

interface Mark {
  readonly requestTotal: number
  readonly ownRequestCount: number
  readonly atMs: number
}

/** Readings from Nginx's own counters. Requests of our own are taken out of them. */
export class StatusMetrics {
  readonly #page: StatusPage
  readonly #clock: Clock
  #last: Mark | undefined

  constructor(page: StatusPage, clock: Clock) {
    this.#page = page
    this.#clock = clock
  }

  /** Rejects as `counters` does: nothing could be read then. */
  async sample({ now, signal }: SampleRequest): Promise<readonly Reading[]> {
    const ownBefore = this.#page.ownRequestCount
    const counters = await this.#page.counters({ signal })
    // Nginx counts a request when it begins to read it: this one is counted in its own answer, and no other of ours is
    // surely so.
    const mark = {
      requestTotal: counters.requestTotal,
      ownRequestCount: ownBefore + 1,
      atMs: this.#clock.monotonic(),
    }
    const value = (info: MetricInfo, amount: number): Reading =>
      readingFrom({ info, at: now }, Math.max(0, amount))
    const readings = [
      this.#rate(mark, now),
      // The connection that asked is among them.
      value(inFlight, counters.readingCount + counters.writingCount - 1),
      value(connections, counters.activeCount - 1),
    ]
    this.#last = mark
    return readings
  }

  #rate(mark: Mark, now: number): Reading {
    const last = this.#last
    const of = { info: rate, at: now }
    const absent = (reason: string): Reading => absentReading(of, reason)
    if (last === undefined) return absent('a rate needs two samples, and this is the first')
    const seconds = (mark.atMs - last.atMs) / 1000
    if (seconds <= 0) return absent('no time has passed since the last sample')
    if (mark.requestTotal < last.requestTotal) return absent('nginx was restarted, and counts from 0 again')
    const own = mark.ownRequestCount - last.ownRequestCount
    const value = Math.max(0, mark.requestTotal - last.requestTotal - own) / seconds
    return readingFrom(of, value)
  }
}
