/** The name that was probably meant; undefined when none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const flat = (text: string): string => text.toLowerCase().replace(/[-_]/g, '')
  const wanted = flat(name)
  const near = known
    .map((one) => ({ one, distance: distance(wanted, flat(one)) }))
    .filter((entry) => entry.distance <= (wanted.length <= 4 ? 1 : 2))
    .toSorted((a, b) => a.distance - b.distance)
  return near[0]?.one
}

/** How many letters to insert, remove or change (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
