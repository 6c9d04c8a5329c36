import { messageOf, optionErrors } from '@flotilla/core/authoring'
import type { Node } from 'yaml'
import { loadModule, moduleSchema, type ModuleForm } from '../forms/module-form.js'
import { nodeAt } from '../source/mapping.js'
import type { MakeContext } from './make-context.js'
import { optionWords } from './option-words.js'
import { readValue, type Path } from './read-value.js'
import { standIn } from './stand-in.js'

/** Something of the caller's own: what a module exports, made with `options`. */
export async function makeOwn(
  contract: string,
  node: Node,
  path: Path,
  context: MakeContext,
): Promise<unknown> {
  const { tell, count, directory, source } = context
  const before = count()
  const body = await readValue(node, moduleSchema, path, context)
  for (const error of optionErrors('module', moduleSchema, body)) {
    const below = (error.field ?? '').split('.')
    tell(nodeAt(node, below, source.document) ?? node, [...path, ...below], optionWords('module', error))
  }
  if (count() > before) return standIn
  try {
    return await loadModule(body as ModuleForm, directory, contract === 'a function')
  } catch (error) {
    tell(node, path, `cannot be loaded: ${messageOf(error)}`)
    return standIn
  }
}
