import type { Metrics, Reading } from '../../metrics/metrics.js'
import type { TrackedInstance } from '../../model.js'
import { outcomeOf, type Outcome } from '../common/assertions.js'
import type { Bounds } from '../common/bounds.js'
import { deepFreeze } from '../common/deep-freeze.js'
import { KitTrial } from '../common/kit-trial.js'
import type { MetricsKit, MetricsUnderTest } from './metrics-kit.js'
import { trackedInstances } from '../common/sample-instances.js'

type Ability = 'failAll' | 'failOne' | 'hang'

/** One case's metric source, with every call bounded. */
export class MetricsTrial extends KitTrial<MetricsUnderTest, Ability> {
  readonly metrics: Metrics
  /** Three or more that the source can read. */
  readonly instances: readonly TrackedInstance[]

  constructor(under: MetricsUnderTest, bounds: Bounds) {
    super(under, bounds)
    this.metrics = under.metrics
    this.instances = deepFreeze(under.instances ?? trackedInstances(3))
  }

  static async open(kit: MetricsKit, bounds: Bounds): Promise<MetricsTrial> {
    return new MetricsTrial(
      await bounds.within('make', Promise.resolve(kit.make()), bounds.eventuallyMs),
      bounds,
    )
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
