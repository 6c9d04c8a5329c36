/** What happened, one entry per decision. Columns of equal length. */
export interface Timeline {
  /** When the decision was made, epoch milliseconds. */
  readonly at: Float64Array
  /** Requests per second, mean over the interval that follows. */
  readonly load: Float64Array
  /** Fewest instances that would have served the interval's busiest second in time. */
  readonly demand: Int32Array
  /** The count decided on. */
  readonly desired: Int32Array
  /** In service after the decision. */
  readonly ready: Int32Array
  /** In existence after the decision: starting, serving and draining. */
  readonly paid: Int32Array
  /** Requests of the interval. */
  readonly arrived: Float64Array
  readonly slow: Float64Array
  readonly dropped: Float64Array
  /** Requests that wait because capacity is short, at the interval's end. */
  readonly backlog: Float64Array
}

export function emptyTimeline(length: number): Timeline {
  return {
    at: new Float64Array(length),
    load: new Float64Array(length),
    demand: new Int32Array(length),
    desired: new Int32Array(length),
    ready: new Int32Array(length),
    paid: new Int32Array(length),
    arrived: new Float64Array(length),
    slow: new Float64Array(length),
    dropped: new Float64Array(length),
    backlog: new Float64Array(length),
  }
}
