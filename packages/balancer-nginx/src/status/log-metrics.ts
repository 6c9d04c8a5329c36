import { FlotillaError, type Clock, type MetricInfo, type Reading, type SampleRequest } from '@flotilla/core'
import { absentReading, readingFrom } from '@flotilla/core/authoring'
import { systemFailure } from '../errors.js'
import { LatencyScale } from './latency-scale.js'
import { LogTail, type Tail } from './log-tail.js'

const classes = [2, 3, 4, 5] as const
const latencies = [
  { info: { name: 'http.latency_p50', unit: 'milliseconds', of: 'group' }, share: 0.5 },
  { info: { name: 'http.latency_p95', unit: 'milliseconds', of: 'group' }, share: 0.95 },
] as const
const statusInfo = (statusClass: number): MetricInfo => ({
  name: `http.status_${statusClass}xx`,
  unit: 'per-second',
  of: 'group',
})

export const logMetrics: readonly MetricInfo[] = [
  ...latencies.map(({ info }) => info),
  ...classes.map(statusInfo),
]

/** More than this between two samples is not read: it is over 40,000 requests a second at the usual interval. */
const mostBytes = 8 * 2 ** 20

/** Readings from an access log of our own format (`logFormat`): of what was logged since the sample before. */
export class LogMetrics {
  readonly #path: string
  readonly #tail: LogTail
  readonly #clock: Clock
  #lastMs: number | undefined

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#tail = new LogTail(path, mostBytes)
    this.#clock = clock
  }

  async sample({ now, signal }: Pick<SampleRequest, 'now' | 'signal'>): Promise<readonly Reading[]> {
    signal.throwIfAborted()
    const scale = new LatencyScale()
    const counts = new Map<number, number>()
    const tail = await this.#read((line) => {
      const found = /^(\d)\d\d (\S.*)$/.exec(line)
      if (found === null) return
      const statusClass = Number(found[1])
      counts.set(statusClass, (counts.get(statusClass) ?? 0) + 1)
      const ms = headerTimeMs(found[2] ?? '')
      if (ms !== undefined) scale.add(ms)
    }, signal)
    const atMs = this.#clock.monotonic()
    const seconds = this.#lastMs === undefined ? 0 : (atMs - this.#lastMs) / 1000
    this.#lastMs = atMs
    const isFirst = tail === undefined || seconds <= 0
    const first = 'it needs two samples, and this is the first'
    const reading = (info: MetricInfo, measured: number | string): Reading =>
      typeof measured === 'string'
        ? absentReading({ info, at: now }, measured)
        : readingFrom({ info, at: now }, measured)
    const noAnswer = 'no member answered a request since the last sample'
    return [
      // A part of the lines is as good as all of them for a percentile.
      ...latencies.map(({ info, share }) =>
        reading(info, isFirst ? first : (scale.percentile(share) ?? noAnswer)),
      ),
      ...classes.map((statusClass) =>
        reading(
          statusInfo(statusClass),
          isFirst ? first : (tail.missed ?? (counts.get(statusClass) ?? 0) / seconds),
        ),
      ),
    ]
  }

  async #read(onLine: (line: string) => void, signal: AbortSignal): Promise<Tail | undefined> {
    try {
      return await this.#tail.read(onLine, signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof FlotillaError) throw error
      throw systemFailure(`read ${this.#path}`, error)
    }
  }
}

/**
 * Seconds as nginx writes them, one for each member that was tried: `0.012`, `0.004, 0.010`, `- : 0.2`. Undefined when
 * none of them answered.
 */
function headerTimeMs(text: string): number | undefined {
  const times = text.split(/[ ,:]+/).filter((part) => /^\d+\.\d+$/.test(part))
  return times.length === 0 ? undefined : times.reduce((sum, seconds) => sum + Number(seconds) * 1000, 0)
}
