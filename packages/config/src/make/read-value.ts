import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml'
import * as v from 'valibot'
import { alternativesOf, contractOf, innermost, partsOf } from '../schema/schema-parts.js'
import type { Source } from '../source/source.js'
import { entriesOf, resolved } from '../source/mapping.js'
import type { References } from '../references.js'
import { readNumber } from '../values/read-text.js'

export interface ReadContext {
  readonly source: Source
  readonly references: References
  /** Takes what is wrong at a place. */
  readonly tell: (at: Node | undefined, path: Path, message: string) => void
  /** Makes what a contract asks for; what cannot be made is told, and a stand-in given. */
  readonly make: (contract: string, node: Node, path: Path) => Promise<unknown>
}

export type Path = readonly (string | number)[]

const nothing: v.GenericSchema = v.unknown()

/**
 * The value that a place of the file stands for: numbers from texts with units, references replaced, and where the schema
 * asks for a policy, a probe and the like, the thing itself. Whether it is a good value is not looked at here.
 */
export async function readValue(
  node: Node | undefined,
  schema: v.GenericSchema,
  path: Path,
  context: ReadContext,
): Promise<unknown> {
  const at = resolved(node, context.source.document)
  if (at === undefined) return undefined
  const contract = contractOf(schema)
  if (contract !== undefined) return context.make(contract, at, path)
  const alternatives = alternativesOf(schema)
  if (alternatives.length > 1) return readAlternative(at, alternatives, path, context)
  if (isMap(at)) return readMap(at, schema, path, context)
  if (isSeq(at)) return readList(at.items as Node[], schema, path, context)
  return isScalar(at) ? readScalar(at.value, at, schema, path, context) : undefined
}

async function readMap(
  map: YAMLMap,
  schema: v.GenericSchema,
  path: Path,
  context: ReadContext,
): Promise<Record<string, unknown>> {
  const { entries, value } = partsOf(schema)
  const read: Record<string, unknown> = {}
  for (const { name, value: inner } of entriesOf(map, context.source.document)) {
    const child = (entries !== undefined && Object.hasOwn(entries, name) ? entries[name] : value) ?? nothing
    // A name such as __proto__ is a name like any other.
    Object.defineProperty(read, name, {
      value: await readValue(inner, child, [...path, name], context),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return read
}

async function readList(
  nodes: readonly Node[],
  schema: v.GenericSchema,
  path: Path,
  context: ReadContext,
): Promise<readonly unknown[]> {
  const { item, items } = partsOf(schema)
  const read: unknown[] = []
  for (const [index, node] of nodes.entries()) {
    read.push(await readValue(node, items?.[index] ?? item ?? nothing, [...path, index], context))
  }
  return read
}

function readScalar(
  value: unknown,
  at: Node,
  schema: v.GenericSchema,
  path: Path,
  { references, tell }: ReadContext,
): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string') return value === null ? undefined : value
  const text = references.resolve(value)
  if (typeof text !== 'string') {
    tell(at, path, text.message)
    return value
  }
  if (innermost(schema).type !== 'number') return text
  const option = path.findLast((part) => typeof part === 'string') ?? ''
  return readNumber(option, text) ?? (isPlainNumber(text, value) ? Number(text) : text)
}

/** A number that stands in the environment is a text there; one in quotes in the file is meant as text. */
const isPlainNumber = (text: string, written: string): boolean =>
  text !== written && text.trim() !== '' && Number.isFinite(Number(text))

/**
 * Of several kinds of value, the first that takes it; else the first that is of its shape. What is made on the way is made
 * once: reading it twice would tell its faults twice, and open a file twice.
 */
async function readAlternative(
  node: Node,
  alternatives: readonly v.GenericSchema[],
  path: Path,
  context: ReadContext,
): Promise<unknown> {
  const fitting = alternatives.filter((one) => fits(node, one))
  const [only, ...others] = fitting
  if (only === undefined || others.length === 0) return readValue(node, only ?? nothing, path, context)
  for (const one of fitting.filter((schema) => contractOf(schema) === undefined)) {
    const told: Parameters<ReadContext['tell']>[] = []
    const value = await readValue(node, one, path, { ...context, tell: (...problem) => told.push(problem) })
    if (!v.safeParse(one, value).success) continue
    for (const problem of told) context.tell(...problem)
    return value
  }
  return readValue(node, fitting.find((one) => contractOf(one) !== undefined) ?? only, path, context)
}

/** Whether a value written like this can become one of that kind at all. */
export function fits(node: Node, schema: v.GenericSchema): boolean {
  const { type, entries, value, item, items } = partsOf(schema)
  if (contractOf(schema) !== undefined) return isMap(node) || isScalar(node)
  if (type === 'unknown' || type === 'any' || type === 'custom') return true
  if (isMap(node)) return entries !== undefined || value !== undefined
  if (isSeq(node)) return item !== undefined || items !== undefined
  return entries === undefined && item === undefined && items === undefined
}
