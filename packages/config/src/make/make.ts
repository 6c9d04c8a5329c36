import { didYouMean, type Contract } from '@flotilla/core/authoring'
import { isMap, isScalar, type Node } from 'yaml'
import type { Catalog } from '../forms/catalog.js'
import { entriesOf } from '../source/mapping.js'
import { buildForm } from './build-form.js'
import { findConnection } from './find-connection.js'
import type { MakeContext } from './make-context.js'
import { makeOwn } from './make-own.js'
import type { Path } from './read-value.js'
import { standIn } from './stand-in.js'

/**
 * Makes what a place of the file describes as `{ NAME: BODY }`, `NAME`, or `{ module: … }`; a connection also by the name
 * that it has in `connections`, or by its options. What is wrong is told, and a stand-in given.
 */
export async function make(contract: string, node: Node, path: Path, context: MakeContext): Promise<unknown> {
  const { catalog, tell, source } = context
  const entries = isMap(node) ? entriesOf(node, source.document) : []
  if (entries.some(({ name }) => name === 'module')) return makeOwn(contract, node, path, context)
  if (!isMade(contract, catalog)) {
    tell(node, path, `must be ${contract} of a module of yours: { module: ./mine.js, export: name }`)
    return standIn
  }
  const connection = contract === 'a connection' ? await findConnection(node, path, context) : undefined
  if (connection !== undefined) return connection
  const [first] = entries
  const name = isMap(node) ? first?.name : isScalar(node) ? String(node.value) : undefined
  if (name === undefined || entries.length > 1) {
    const names = catalog.names(contract).join(', ')
    tell(node, path, `must be ${contract}: one name with its options, of ${names}`)
    return standIn
  }
  const found = await catalog.find(contract, name)
  const at = { node, path: [...path, name] }
  if (found.kind === 'found') return buildForm(found.form, first?.value, at, context)
  const words =
    found.kind === 'not-installed'
      ? `needs the package ${found.package}: npm install ${found.package}`
      : `is not ${contract} that there is; ${hintFor(name, catalog.names(contract))}`
  tell(first?.key ?? node, at.path, words)
  return standIn
}

const isMade = (contract: string, catalog: Catalog): contract is Contract =>
  catalog.names(contract as Contract).length > 0

function hintFor(name: string, known: readonly string[]): string {
  const meant = didYouMean(name, known)
  return meant === undefined ? `there is ${known.join(', ')}` : `did you mean \`${meant}\`?`
}
