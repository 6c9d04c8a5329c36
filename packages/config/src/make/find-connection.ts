import { didYouMean } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { isMap, isScalar, type Node } from 'yaml'
import { entriesOf } from '../source/mapping.js'
import type { MakeContext } from './make-context.js'
import { readValue, type Path } from './read-value.js'
import { standIn } from './stand-in.js'

/**
 * A connection that has a name in the file, a text that the library itself understands, such as a name in clouds.yaml, or
 * options.
 *
 * @returns undefined where it is written as a function with its options
 */
export async function findConnection(node: Node, path: Path, context: MakeContext): Promise<unknown> {
  const { connections, catalog, tell, source } = context
  if (isScalar(node) && typeof node.value === 'string') {
    const found = connections.get(node.value)
    if (found !== undefined) return found
    const meant = didYouMean(node.value, [...connections.keys()])
    if (meant === undefined) return readValue(node, v.string(), path, context)
    tell(node, path, `must be the name of a connection, got '${node.value}'; did you mean \`${meant}\`?`)
    return standIn
  }
  const [first, ...others] = isMap(node) ? entriesOf(node, source.document) : []
  const isFunction = others.length === 0 && catalog.names('a connection').includes(first?.name ?? '')
  return isFunction ? undefined : readValue(node, v.unknown(), path, context)
}
