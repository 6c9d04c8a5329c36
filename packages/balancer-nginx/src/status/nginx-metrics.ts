import type { Clock, MetricInfo, Reading, SampleRequest } from '@flotilla/core'
import { absentReading, messageOf } from '@flotilla/core/authoring'
import { LogMetrics, logMetrics } from './log-metrics.js'
import { StatusMetrics, statusMetrics } from './status-metrics.js'
import type { StatusPage } from './status-page.js'

interface Source {
  readonly provides: readonly MetricInfo[]
  sample(request: SampleRequest): Promise<readonly Reading[]>
}

/** What there is to be read: from the status page, from the access log, from both or from neither. */
export class NginxMetrics {
  readonly provides: readonly MetricInfo[]
  readonly #sources: readonly Source[]
  /** Whether a configuration with what is asked has been in force: that nothing answers before is as it should be. */
  wasInForce = false

  constructor(page: StatusPage | undefined, accessLog: string | undefined, clock: Clock) {
    const sources: Source[] = []
    if (page !== undefined) {
      const status = new StatusMetrics(page, clock)
      sources.push({ provides: statusMetrics, sample: (request) => status.sample(request) })
    }
    if (accessLog !== undefined) {
      const log = new LogMetrics(accessLog, clock)
      sources.push({ provides: logMetrics, sample: (request) => log.sample(request) })
    }
    this.#sources = sources
    this.provides = sources.flatMap(({ provides }) => provides)
  }

  /**
   * Rejects only when nothing at all could be read, and something could be before: one source that fails leaves the
   * other.
   */
  async sample(request: SampleRequest): Promise<readonly Reading[]> {
    request.signal.throwIfAborted()
    const asked = await Promise.allSettled(this.#sources.map((source) => source.sample(request)))
    request.signal.throwIfAborted()
    const [failure] = asked.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    const isNothing = failure !== undefined && asked.every(({ status }) => status === 'rejected')
    if (isNothing && this.wasInForce) throw failure
    return asked.flatMap((outcome, index) => {
      if (outcome.status === 'fulfilled') return outcome.value
      const { provides = [] } = this.#sources[index] ?? {}
      const words = messageOf(outcome.reason)
      const reason = this.wasInForce ? words : `no configuration of ours is in force yet: ${words}`
      return provides.map((info) => absentReading({ info, at: request.now }, reason))
    })
  }
}
