import { FlotillaError } from '@flotilla/core'
import { optionErrors, type Form } from '@flotilla/core/authoring'
import type * as v from 'valibot'
import type { Node } from 'yaml'
import { alternativesOf } from '../schema/schema-parts.js'
import { nodeAt } from '../source/mapping.js'
import type { MakeContext } from './make-context.js'
import { optionWords } from './option-words.js'
import { fits, readValue, type Path } from './read-value.js'
import { standIn } from './stand-in.js'

interface Place {
  /** What errors of the whole point at. */
  readonly node: Node
  readonly path: Path
}

/** Reads what stands under a function's name and calls the function; what is wrong is told, and a stand-in given. */
export async function buildForm(
  form: Form,
  bodyNode: Node | undefined,
  { node, path }: Place,
  context: MakeContext,
): Promise<unknown> {
  const { tell, source, count } = context
  const before = count()
  const schema = shapeFor(bodyNode, form.body)
  const body = (await readValue(bodyNode, schema, path, context)) ?? {}
  const tellError = (error: FlotillaError): void => {
    const below = error.field === undefined || error.field === '' ? [] : error.field.split('.')
    tell(nodeAt(bodyNode, below, source.document) ?? node, [...path, ...below], optionWords(form.name, error))
  }
  for (const error of optionErrors(form.name, schema, body)) tellError(error)
  if (count() > before) return standIn
  try {
    return form.build(body as never, context.form) ?? standIn
  } catch (error) {
    if (!(error instanceof FlotillaError)) throw error
    tellError(error)
    return standIn
  }
}

/** Of a body that may be written in several ways, the one that this is, so that its errors are about that. */
function shapeFor(node: Node | undefined, body: v.GenericSchema): v.GenericSchema {
  const shapes = alternativesOf(body)
  if (shapes.length === 1 || node === undefined) return body
  return shapes.find((shape) => fits(node, shape)) ?? body
}
