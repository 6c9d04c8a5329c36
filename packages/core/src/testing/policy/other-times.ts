/** A year: no rule by hour, day or month gives the same then. */
const shiftMs = 365.25 * 24 * 3_600_000

/**
 * Runs `work`, which must not wait, while the host's clock says another year and chance always says the same. What it
 * gives then must be what it gives otherwise.
 */
export function inOtherTimes<T>(work: () => T): T {
  const realDate = globalThis.Date
  const realRandom = Math.random
  const shiftedNow = (): number => realDate.now() + shiftMs
  globalThis.Date = new Proxy(realDate, {
    construct: (target, args: readonly unknown[]) =>
      Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args),
    apply: (target) => new target(shiftedNow()).toString(),
    get: (target, key) => (key === 'now' ? shiftedNow : Reflect.get(target, key)),
  })
  Math.random = () => 0.987_654_321
  Object.defineProperty(performance, 'now', { configurable: true, value: () => shiftMs })
  try {
    return work()
  } finally {
    globalThis.Date = realDate
    Math.random = realRandom
    // What is deleted is our own property: the real one stands on the prototype.
    Reflect.deleteProperty(performance, 'now')
  }
}
