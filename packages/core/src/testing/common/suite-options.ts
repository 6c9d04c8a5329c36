import type { Clock } from '../../clock.js'

/** The bounds of a contract suite. Real daemons are slow: raise them; none of them makes a case that passes slower. */
export interface SuiteOptions {
  /** A call must settle within this, also when what it calls never answers; milliseconds, default 10,000. */
  readonly timeoutMs?: number | undefined
  /** A call must settle within this of its signal's abort; milliseconds, default 2,000. */
  readonly abortMs?: number | undefined
  /** What takes its time (a boot, a first reading of CPU) must be there within this; milliseconds, default 30,000. */
  readonly eventuallyMs?: number | undefined
  /** What the bounds above are measured by; default the host's clock. With a `FakeClock`, someone must advance it. */
  readonly clock?: Clock | undefined
}
