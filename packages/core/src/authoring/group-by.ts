/** The items by key, each key's in their order. */
export function groupBy<K, T>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const others = groups.get(key)
    if (others === undefined) groups.set(key, [item])
    else others.push(item)
  }
  return groups
}
