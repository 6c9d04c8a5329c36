/**
 * Room for chance, in square roots of the count: a group of one is filled to 95 %, one of twenty to 99 %. It is little,
 * since the margin for what the forecast misses is room too, and grows where requests are seen late.
 */
const roomPerRoot = 0.05

/**
 * What each of `count` instances can carry and still answer in time, as a share of all it could do. A larger group may
 * be fuller, since a burst at one of its instances finds another idle: the square-root staffing rule.
 *
 * @param count - instances; >= 1
 * @returns 0..1
 * @see W. Whitt, Understanding the efficiency of multi-server service systems, Management Science 38 (1992)
 */
export function carriedShare(count: number, room: number = roomPerRoot): number {
  return 1 - room / Math.sqrt(count)
}

/**
 * Fewest instances that carry a load.
 *
 * @param load - in instances working flat out; finite, >= 0
 * @returns whole number >= 1
 */
export function staffedFor(load: number, room: number = roomPerRoot): number {
  // n - room sqrt(n) = load is a quadratic in sqrt(n).
  const root = (room + Math.sqrt(room ** 2 + 4 * load)) / 2
  let count = Math.max(1, Math.floor(root ** 2))
  while (count * carriedShare(count, room) < load) count += 1
  return count
}
