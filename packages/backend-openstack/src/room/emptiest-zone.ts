/** The zone of a server or of a launch under way. */
export interface Placed {
  readonly zone: string | undefined
}

/** The open zone with the fewest servers of the group; the first of several. */
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
