/** Added to the margin at each interval with overload, up to the most; what is left fades when it is over. */
const step = 0.06
const most = 0.6
const fading = 0.985

/** Requests that wait per instance, and the CPU, from which an instance is overloaded. */
const waitingPerInstance = 0.5
const fullCpu = 0.97

/** True when instances had more to do than they could. */
export function isOverloaded(cpu: number, queue: number, servingCount: number): boolean {
  return cpu > fullCpu || queue > waitingPerInstance * Math.max(1, servingCount)
}

/** The extra margin, as a share of the forecast, after one more interval. */
export function withOverload(extra: number, overloaded: boolean): number {
  return overloaded ? Math.min(most, extra + step) : extra * fading
}
