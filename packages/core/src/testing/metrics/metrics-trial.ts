import type { Metrics, Reading } from '../../metrics/metrics.js'
import type { TrackedInstance } from '../../model.js'
import { outcomeOf, type Outcome } from '../common/assertions.js'
import type { Bounds } from '../common/bounds.js'
import { skipCase, type Trial } from '../common/contract-case.js'
import { deepFreeze } from '../common/deep-freeze.js'
import type { MetricsKit, MetricsUnderTest } from './metrics-kit.js'
import { trackedInstances } from '../common/sample-instances.js'

type Ability = 'failAll' | 'failOne' | 'hang'

/** One case's metric source, with every call bounded. */
export class MetricsTrial implements Trial {
  readonly under: MetricsUnderTest
  readonly metrics: Metrics
  readonly bounds: Bounds
  /** Three or more that the source can read. */
  readonly instances: readonly TrackedInstance[]

  constructor(under: MetricsUnderTest, bounds: Bounds) {
    this.under = under
    this.metrics = under.metrics
    this.bounds = bounds
    this.instances = deepFreeze(under.instances ?? trackedInstances(3))
  }

  static async open(kit: MetricsKit, bounds: Bounds): Promise<MetricsTrial> {
    return new MetricsTrial(
      await bounds.within('make', Promise.resolve(kit.make()), bounds.eventuallyMs),
      bounds,
    )
  }

  /** What the kit can do beside the contract; skips the case when it cannot. */
  need<TAbility extends Ability>(ability: TAbility): NonNullable<MetricsUnderTest[TAbility]> {
    const found = this.under[ability]
    if (found === undefined) return skipCase(`the kit has no ${ability}`)
    return found.bind(this.under) as NonNullable<MetricsUnderTest[TAbility]>
  }

  /** Not bounded: for cases that look at how the call settles. */
  async start(
    signal: AbortSignal,
    instances: readonly TrackedInstance[] = this.instances,
  ): Promise<readonly Reading[]> {
    const now = this.bounds.clock.now()
    return this.metrics.sample({ group: 'web', instances, now, signal })
  }

  async outcome(): Promise<Outcome<readonly Reading[]>> {
    return outcomeOf(this.sample())
  }

  async sample(instances?: readonly TrackedInstance[]): Promise<readonly Reading[]> {
    return this.bounds.within('sample', this.start(new AbortController().signal, instances))
  }

  async end(): Promise<void> {
    await outcomeOf(this.bounds.within('close', Promise.resolve(this.metrics.close?.())))
    await this.bounds.within('cleanup', Promise.resolve(this.under.cleanup?.()), this.bounds.eventuallyMs)
  }
}
