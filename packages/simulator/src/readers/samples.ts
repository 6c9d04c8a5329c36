import { unreadable } from './failure.js'

/** The longest trace read, in values: a year at one second. */
const mostValues = 31_622_400

/** Values at moments, epoch milliseconds, in any order. A long file has millions, so they are kept as two columns. */
export class Samples {
  #at = new Float64Array(1024)
  #value = new Float64Array(1024)
  #isOrdered = true
  size = 0

  add(at: number, value: number): void {
    if (this.size === this.#at.length) {
      this.#at = grown(this.#at)
      this.#value = grown(this.#value)
    }
    if (this.size > 0 && at < (this.#at[this.size - 1] ?? at)) this.#isOrdered = false
    this.#at[this.size] = at
    this.#value[this.size] = value
    this.size += 1
  }

  /** The middle distance between neighbours: the interval that they were taken at. One minute where there is none. */
  usualDistanceMs(): number {
    this.#order()
    const distances = new Float64Array(Math.max(0, this.size - 1))
    let count = 0
    for (let index = 1; index < this.size; index += 1) {
      const distance = (this.#at[index] ?? 0) - (this.#at[index - 1] ?? 0)
      if (distance <= 0) continue
      distances[count] = distance
      count += 1
    }
    return distances.subarray(0, count).toSorted()[Math.floor(count / 2)] ?? 60_000
  }

  /**
   * Evenly spaced values: each is the mean of the samples that fall into its interval, and where none does, the value
   * before.
   *
   * @param what - for the error: `read a CSV trace`
   * @throws FlotillaError `invalid-reading` when they are so far apart that the trace would fill the memory, which mostly is
   *   a wrong unit of time
   */
  resampled(what: string, intervalMs: number): { readonly startAt: number; readonly values: Float64Array } {
    this.#order()
    const startAt = this.#at[0] ?? 0
    const count = Math.floor(((this.#at[this.size - 1] ?? startAt) - startAt) / intervalMs) + 1
    if (count - 1 > mostValues) {
      throw unreadable(what, `it spans more than ${mostValues} intervals of ${intervalMs} ms`)
    }
    const values = new Float64Array(count)
    let next = 0
    let last = this.#value[0] ?? 0
    for (let index = 0; index < count; index += 1) {
      const until = startAt + (index + 1) * intervalMs
      const from = next
      let sum = 0
      while (next < this.size && (this.#at[next] ?? 0) < until) {
        sum += this.#value[next] ?? 0
        next += 1
      }
      if (next > from) last = sum / (next - from)
      values[index] = last
    }
    return { startAt, values }
  }

  #order(): void {
    if (this.#isOrdered) return
    const places = Uint32Array.from({ length: this.size }, (_, index) => index)
    places.sort((a, b) => (this.#at[a] ?? 0) - (this.#at[b] ?? 0) || a - b)
    this.#at = Float64Array.from(places, (place) => this.#at[place] ?? 0)
    this.#value = Float64Array.from(places, (place) => this.#value[place] ?? 0)
    this.#isOrdered = true
  }
}

function grown(column: Float64Array): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(column.length * 2)
  longer.set(column)
  return longer
}
