/**
 * The parabola through evenly spaced values that misses them least (least squares), at a later place.
 *
 * @param values - at places 0, 1, …; with fewer than three, the last value stands for all
 * @param ahead - places after the last
 */
export function extrapolateParabola(values: readonly number[], ahead: number): number {
  const count = values.length
  if (count < 3) return values.at(-1) ?? 0
  // Places taken from the middle make the odd sums vanish, and the three equations two and one.
  const middle = (count - 1) / 2
  let s2 = 0
  let s4 = 0
  let y0 = 0
  let y1 = 0
  let y2 = 0
  for (const [index, value] of values.entries()) {
    const x = index - middle
    s2 += x * x
    s4 += x ** 4
    y0 += value
    y1 += x * value
    y2 += x * x * value
  }
  const bend = (count * y2 - s2 * y0) / (count * s4 - s2 * s2)
  const slope = y1 / s2
  const level = (y0 - bend * s2) / count
  const x = count - 1 + ahead - middle
  return level + slope * x + bend * x * x
}

/** The straight line likewise. */
export function extrapolateLine(values: readonly number[], ahead: number): number {
  const count = values.length
  if (count < 2) return values.at(-1) ?? 0
  const middle = (count - 1) / 2
  let s2 = 0
  let y0 = 0
  let y1 = 0
  for (const [index, value] of values.entries()) {
    const x = index - middle
    s2 += x * x
    y0 += value
    y1 += x * value
  }
  return y0 / count + (y1 / s2) * (count - 1 + ahead - middle)
}
