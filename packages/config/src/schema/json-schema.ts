import type { Contract, Form } from '@flotilla/core/authoring'
import { toJsonSchema, type JsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { installedCatalog } from '../forms/catalog.js'
import { moduleSchema } from '../forms/module-form.js'
import { groupEntries } from '../groups/group-options.js'
import { textPattern } from '../values/read-text.js'

type Definitions = Record<string, JsonSchema>

const reference = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` })

/** `a metric source` as `metric-source`. */
const definitionOf = (contract: string): string => contract.replace(/^an? /, '').replaceAll(' ', '-')

/**
 * The JSON Schema of a configuration file, of all packages that are installed: for editors, which complete and check by it.
 * What depends on several options at once is left to `readConfig`.
 */
export async function configJsonSchema(): Promise<JsonSchema> {
  const forms = await installedCatalog().all()
  const contracts = [...new Set(forms.map(({ makes }) => makes))]
  const definitions: Record<string, JsonSchema> = {}
  for (const contract of contracts) {
    definitions[definitionOf(contract)] = oneOfForms(contract, forms, definitions)
  }
  definitions['module'] = converted('module', moduleSchema, definitions)
  const whole = v.strictObject({ ...groupEntries, extends: v.optional(v.string()) })
  const group = converted('group', whole, definitions)
  const { required: _, ...parts } = group
  // Without what must be there: what it extends may have it.
  definitions['group'] = parts
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Flotilla configuration',
    type: 'object',
    properties: {
      connections: { type: 'object', additionalProperties: reference('connection') },
      shared: { type: 'object', additionalProperties: reference('group') },
      groups: {
        type: 'object',
        additionalProperties: reference('group'),
        propertyNames: { pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' },
      },
    },
    patternProperties: { '^x-': {} },
    additionalProperties: false,
    required: ['groups'],
    $defs: definitions,
  }
}

/** One name with what stands under it, a name alone, or something of the caller's own. */
function oneOfForms(contract: Contract, forms: readonly Form[], definitions: Definitions): JsonSchema {
  const of = forms.filter(({ makes }) => makes === contract)
  const byName: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(of.map(({ name, body }) => [name, converted(name, body, definitions)])),
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
  }
  const alone: JsonSchema = { enum: of.map(({ name }) => name) }
  const others: readonly JsonSchema[] =
    // A connection is known by a name of the file's own too, and by its options.
    contract === 'a connection' ? [{ type: 'string' }, { type: 'object' }] : [alone]
  return { anyOf: [byName, ...others, reference('module')] }
}

/** @param definitions - takes what the schema says of itself, under the name and a number */
function converted(name: string, schema: v.GenericSchema, definitions: Definitions): JsonSchema {
  const json = toJsonSchema(schema, {
    errorMode: 'ignore',
    typeMode: 'input',
    overrideAction({ valibotAction }) {
      const { metadata } = valibotAction as { readonly metadata?: { readonly contract?: unknown } }
      const contract = metadata?.contract
      if (typeof contract !== 'string') return undefined
      return reference(contractNames.has(contract) ? definitionOf(contract) : 'module')
    },
  })
  const text = JSON.stringify(json).replaceAll(/"#\/\$defs\/(\d+)"/g, `"#/$defs/${name}-$1"`)
  const {
    $schema: _,
    $defs = {},
    ...rest
  } = JSON.parse(text) as JsonSchema & { readonly $defs?: Definitions }
  for (const [key, one] of Object.entries($defs)) {
    definitions[`${name}-${key}`] = withTexts(one, '') as JsonSchema
  }
  return withTexts(rest, '') as JsonSchema
}

const contractNames: ReadonlySet<string> = new Set<Contract>([
  'a backend',
  'a balancer',
  'a probe',
  'a policy',
  'a metric source',
  'a state store',
  'a decision log',
  'a connection',
])

/** Numbers may also be written with their unit, and come from the environment. */
function withTexts(json: unknown, option: string): unknown {
  if (Array.isArray(json)) return json.map((item) => withTexts(item, option))
  if (typeof json !== 'object' || json === null) return json
  const entries = Object.entries(json).map(([key, value]) => {
    if (key !== 'properties') return [key, withTexts(value, option)] as const
    const properties = Object.entries(value as object).map(
      ([name, inner]) => [name, withTexts(inner, name)] as const,
    )
    return [key, Object.fromEntries(properties)] as const
  })
  const read = Object.fromEntries(entries) as { readonly type?: unknown }
  if (read.type !== 'number' && read.type !== 'integer') return read
  return { anyOf: [read, { type: 'string', pattern: textPattern(option) }] }
}
