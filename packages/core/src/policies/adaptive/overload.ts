/**
 * Added to the margin while there is overload: the load is met twice over, since what has outgrown its forecast is likely
 * to grow on while instances start. It fades when the overload is over.
 */
const added = 1
const fading = 0.7

/** Requests that wait per instance, and the CPU, from which an instance is overloaded. */
const waitingPerInstance = 0.5
const fullCpu = 0.97

/**
 * A wait that callers notice: in an interval of that mean, every request counts as late. Of half that mean, a quarter
 * does, since waits vary about their mean and only the long ones are noticed.
 */
const noticedSeconds = 0.3
/** Without a queue to look at, the CPU from which requests begin to be late. */
const lateCpu = 0.94

/** What there was to do, and to do it with. */
export interface Work {
  readonly cpu: number
  /** Undefined when not known. */
  readonly queue: number | undefined
  readonly servingCount: number
  /** What one instance serves in a second; 0 when not known. */
  readonly perInstance: number
}

/** True when instances had more to do than they could. */
export function isOverloaded({ cpu, queue = 0, servingCount }: Work): boolean {
  return cpu > fullCpu || queue > waitingPerInstance * Math.max(1, servingCount)
}

/** The extra margin, as a share of the forecast, after one more interval. */
export function withOverload(extra: number, overloaded: boolean): number {
  return overloaded ? added : extra * fading
}

/** The share of an interval's requests that were late, 0..1: by how long they waited, or else by the CPU. */
export function lateShareOf({ cpu, queue, servingCount, perInstance }: Work): number {
  const late =
    queue === undefined || !(perInstance > 0)
      ? (cpu - lateCpu) / (1 - lateCpu)
      : queue / (perInstance * Math.max(1, servingCount)) / noticedSeconds
  return Math.min(1, Math.max(0, late)) ** 2
}
