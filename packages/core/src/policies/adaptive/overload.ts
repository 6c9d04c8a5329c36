/**
 * While there is overload, the margin grows by so many times what the load exceeds the instances by, up to so much: what has
 * outgrown them by far is likely to grow on while more start. A queue that formed by chance, at instances that can do
 * what arrives, is worked off by them; most overload of calm loads is that. It fades when the overload is over.
 */
const addedPerExcess = 4
const mostAdded = 2
const fading = 0.7

/** Added at least when no queue is known: the load may then seem less than it is, and nothing else would tell. */
const addedBlindly = 1

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

/**
 * The extra margin, as a share of the forecast, after one more interval of overload.
 *
 * @param load - in instances working flat out
 * @param dearness - of a shortage, 0..1: the dearer, the more is added even to what the instances can do; undefined where
 *   no queue is known
 */
export function addedFor(
  { servingCount }: Work,
  load: number,
  dearness: number | undefined,
  extra: number,
): number {
  const excess = load / Math.max(1, servingCount) - 1
  const least = dearness ?? addedBlindly
  return Math.max(extra * fading, least, Math.min(mostAdded, addedPerExcess * excess))
}

/** What is left of it after an interval without. */
export const faded = (extra: number): number => extra * fading

/** The share of an interval's requests that were late, 0..1, if all waited alike: by how long, or else by the CPU. */
export function lateShareOf({ cpu, queue, servingCount, perInstance }: Work): number {
  const late =
    queue === undefined || !(perInstance > 0)
      ? (cpu - lateCpu) / (1 - lateCpu)
      : queue / (perInstance * Math.max(1, servingCount)) / noticedSeconds
  return Math.min(1, Math.max(0, late)) ** 2
}

/**
 * The share that was late by its queue, where that grew: what the interval before did not have began somewhere within this
 * one, and counts by half. (A CPU that became full within an interval shows less than full already.)
 */
export const lateShareAfter = (before: number, share: number): number =>
  share - Math.max(0, share - before) / 2

/**
 * Whether the reading of the queue is to be believed: it was above 0 once, and has not been 0 at a full CPU since. One that
 * is always 0 is of a balancer without a queue, and proves nothing.
 */
export function queueMoves(before: boolean, { cpu, queue }: Pick<Work, 'cpu' | 'queue'>): boolean {
  if (queue === undefined) return before
  return queue > 0 || (before && cpu <= fullCpu)
}
