import type { Metrics } from '../../metrics/metrics.js'
import type { TrackedInstance } from '../../model.js'
import type { SuiteOptions } from '../common/suite-options.js'

/** One metric source under test. Whatever is left out skips the cases that need it. */
export interface MetricsUnderTest {
  readonly metrics: Metrics
  /** Three or more instances that the source can read; default made-up ones. */
  readonly instances?: readonly TrackedInstance[] | undefined
  /** What the source holds now, by metric name: every reading of that metric must be it. */
  readonly known?: Readonly<Record<string, number>> | undefined
  /** From now on nothing at all can be read. */
  failAll?(): void | Promise<void>
  /** From now on this one instance cannot be read. */
  failOne?(instanceId: string): void | Promise<void>
  /** From now on the source does not answer. */
  hang?(): void | Promise<void>
  /** Removes what the case has left. */
  cleanup?(): Promise<void>
}

/** How to make a metric source for the contract suite. Each case asks for a new one. */
export interface MetricsKit extends SuiteOptions {
  /** A new source, and what it holds. */
  make(): MetricsUnderTest | Promise<MetricsUnderTest>
}
