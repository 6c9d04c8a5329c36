/**
 * For each index, the largest value from there to `ahead` places later: the curve led by that much.
 * Linear time, by a queue of candidates that only falls.
 */
export function ledBy(values: Int32Array, ahead: number): Int32Array {
  return slide(values, ahead, true)
}

/** The curve with every dip shorter than `length` places filled up to the lower of its two edges. */
export function dipsFilled(values: Int32Array, length: number): Int32Array {
  if (length <= 1) return values.slice()
  const reach = length - 1
  // Raised where a higher value is near, then lowered as far: what stays raised lay between two edges. Before the first
  // value and after the last there is no edge.
  const padded = new Int32Array(values.length + 2 * reach)
  padded.set(values, reach)
  const raised = slide(padded, reach, true)
  const lowered = slideBack(raised, reach)
  return lowered.slice(reach, reach + values.length)
}

/** The extreme over [index, index + reach]. */
function slide(values: Int32Array, reach: number, isLargest: boolean): Int32Array {
  const result = new Int32Array(values.length)
  const queue = new Int32Array(values.length)
  let head = values.length
  let tail = values.length
  // From the end to the start; `queue[head]` is the nearest candidate, `queue[tail - 1]` the extreme.
  for (let index = values.length - 1; index >= 0; index -= 1) {
    const value = values[index] ?? 0
    while (head < tail) {
      const nearest = values[queue[head] ?? 0] ?? 0
      if (isLargest ? nearest > value : nearest < value) break
      head += 1
    }
    head -= 1
    queue[head] = index
    while ((queue[tail - 1] ?? 0) > index + reach) tail -= 1
    result[index] = values[queue[tail - 1] ?? 0] ?? 0
  }
  return result
}

/** The smallest over [index - reach, index]. */
function slideBack(values: Int32Array, reach: number): Int32Array {
  const turned = values.toReversed()
  return slide(turned, reach, false).toReversed()
}
