import { isAlias, isMap, isScalar, isSeq, type Document, type Node, type YAMLMap } from 'yaml'

/** One entry of a mapping. */
export interface Entry {
  readonly key: Node | undefined
  readonly name: string
  readonly value: Node | undefined
}

/** The node that an alias stands for; any other is itself. */
export function resolved(node: unknown, document: Document): Node | undefined {
  if (isAlias(node)) return node.resolve(document)
  return node === null || node === undefined ? undefined : (node as Node)
}

/** The entries of a mapping, those that `<<` brings among them; what it says itself takes the place of those. */
export function entriesOf(map: YAMLMap, document: Document): readonly Entry[] {
  const entries = new Map<string, Entry>()
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : String(key)
    if (name !== '<<') continue
    for (const one of mergedBy(resolved(value, document), document)) {
      if (!entries.has(one.name)) entries.set(one.name, one)
    }
  }
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : String(key)
    if (name !== '<<') entries.set(name, { key: key as Node, name, value: resolved(value, document) })
  }
  return [...entries.values()]
}

function mergedBy(node: Node | undefined, document: Document): readonly Entry[] {
  if (isMap(node)) return entriesOf(node, document)
  if (!isSeq(node)) return []
  return node.items.flatMap((item) => mergedBy(resolved(item, document), document))
}

/**
 * The node at a path below another, as far as the path can be followed: what is missing is told of where it would stand. Of
 * a key that should not be there it is the key.
 */
export function nodeAt(
  from: Node | undefined,
  path: readonly (string | number)[],
  document: Document,
): Node | undefined {
  let node = resolved(from, document)
  for (const key of path) {
    const inner = childOf(node, key, document)
    if (inner === undefined) break
    node = inner
  }
  return node
}

function childOf(node: Node | undefined, key: string | number, document: Document): Node | undefined {
  if (isSeq(node)) return resolved(node.items[Number(key)], document)
  if (!isMap(node)) return undefined
  const entry = entriesOf(node, document).find(({ name }) => name === String(key))
  return entry?.value ?? entry?.key
}
