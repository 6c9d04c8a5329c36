import type { Clock } from '../../clock.js'
import { withDeadline } from '../../async/deadline.js'
import type { MetricInfo, Metrics, MissingRule, Reading } from '../../metrics/metrics.js'
import { absentReading } from '../../metrics/readings/new-reading.js'
import { sanitiseReadings } from '../../metrics/readings/sanitise.js'
import { type TrackedInstance, isReady } from '../../model.js'
import type { Problems } from '../telling/problems.js'

export interface SamplerOptions {
  readonly sources: readonly Metrics[]
  /** The metrics that decide something: what is missing of others is nobody's problem. */
  readonly needed: ReadonlySet<string>
  readonly clock: Clock
  readonly timeoutMs: number
  readonly problems: Problems
}

/** Asks every metric source at once. One that fails, hangs or talks nonsense gives absent readings, and is told once. */
export class Sampler {
  readonly #options: SamplerOptions
  #lastSampleMs = -Infinity

  constructor(options: SamplerOptions) {
    this.#options = options
  }

  /** What each metric's missing value means, by name. */
  get rules(): ReadonlyMap<string, MissingRule> {
    const infos = this.#options.sources.flatMap(({ provides }) => provides)
    return new Map(
      infos.flatMap(({ name, whenMissing }) => (whenMissing === undefined ? [] : [[name, whenMissing]])),
    )
  }

  async sample(
    group: string,
    instances: readonly TrackedInstance[],
    signal: AbortSignal,
  ): Promise<readonly Reading[]> {
    const { sources } = this.#options
    const readings = (
      await Promise.all(sources.map((source) => this.#ask(source, group, instances, signal)))
    ).flat()
    this.#tellMissing(readings, instances)
    return readings
  }

  async #ask(
    source: Metrics,
    group: string,
    instances: readonly TrackedInstance[],
    signal: AbortSignal,
  ): Promise<readonly Reading[]> {
    const { clock, timeoutMs, problems } = this.#options
    const what = `sample ${source.name}`
    const now = clock.now()
    try {
      const raw: unknown = await withDeadline(
        (inner) => source.sample({ group, instances, now, signal: inner }),
        { clock, timeoutMs, what, signal },
      )
      problems.over('metric-failed', source.name)
      return sanitiseReadings({ provides: source.provides, instances, raw, now: clock.now() }).readings
    } catch (error) {
      signal.throwIfAborted()
      const { message } = problems.failed('metric-failed', source.name, what, error)
      return source.provides.flatMap((info) => absentReadings(info, instances, clock.now(), message))
    }
  }

  /** One that came into service after the last sample has had no time to give a value. */
  #tellMissing(readings: readonly Reading[], instances: readonly TrackedInstance[]): void {
    const { problems, clock, needed } = this.#options
    const lastMs = this.#lastSampleMs
    this.#lastSampleMs = clock.now()
    const expected = new Set(
      instances.filter((instance) => isReady(instance) && instance.stateSince < lastMs).map(({ id }) => id),
    )
    const missing = new Map<string, string>()
    for (const reading of readings) {
      if (reading.kind === 'value' || !needed.has(reading.name)) continue
      if (reading.instanceId !== undefined && !expected.has(reading.instanceId)) continue
      missing.set(reading.name, reading.reason)
    }
    for (const [name, reason] of missing)
      problems.stands('metric-missing', name, `${name} is missing: ${reason}`)
    problems.onlyAbout('metric-missing', new Set(missing.keys()))
  }
}

function absentReadings(
  { name, unit, of }: MetricInfo,
  instances: readonly TrackedInstance[],
  at: number,
  reason: string,
): readonly Reading[] {
  const info = { name, unit }
  if (of === 'group') return [absentReading({ info, at }, reason)]
  return instances.map(({ id }) => absentReading({ info, at, instanceId: id }, reason))
}
