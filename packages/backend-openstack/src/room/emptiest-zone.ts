/** A server, or a launch under way, as far as the spread goes. */
export interface Placed {
  readonly zone: string | undefined
}

/** The zone, of those that may be asked, in which the group has the fewest; the first of several. */
export function emptiestZone(
  open: readonly (string | undefined)[],
  placed: readonly Placed[],
): string | undefined {
  const counts = new Map(open.map((zone) => [zone, 0]))
  for (const { zone } of placed) {
    const count = counts.get(zone)
    if (count !== undefined) counts.set(zone, count + 1)
  }
  return open.toSorted((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0))[0]
}
