import * as v from 'valibot'

/** What is read of a valibot schema to know what a value is to become. Each kind of schema has some of these. */
export interface SchemaParts {
  readonly type: string
  readonly entries?: Readonly<Record<string, v.GenericSchema>>
  readonly item?: v.GenericSchema
  readonly items?: readonly v.GenericSchema[]
  /** Of a record. */
  readonly value?: v.GenericSchema
  /** Of a union. */
  readonly options?: readonly unknown[]
}

/** The schema of the value itself: without what says that it may be left out. */
export function innermost(schema: v.GenericSchema): v.GenericSchema {
  const { wrapped, getter } = schema as {
    readonly wrapped?: v.GenericSchema
    readonly getter?: (input: unknown) => v.GenericSchema
  }
  if (wrapped !== undefined) return innermost(wrapped)
  return schema.type === 'lazy' && getter !== undefined ? innermost(getter(undefined)) : schema
}

export const partsOf = (schema: v.GenericSchema): SchemaParts => innermost(schema)

/** The alternatives of a union, and of unions in it; one that is none is its own only one. */
export function alternativesOf(schema: v.GenericSchema): readonly v.GenericSchema[] {
  const inner = innermost(schema)
  if (inner.type !== 'union' && inner.type !== 'variant') return [inner]
  const options = partsOf(inner).options ?? []
  return options.flatMap((option) => alternativesOf(option as v.GenericSchema))
}

/** What only a program can give, or what another part of the file makes: `a policy`, `a function`. */
export function contractOf(schema: v.GenericSchema): string | undefined {
  const { contract } = v.getMetadata(innermost(schema)) as { readonly contract?: unknown }
  return typeof contract === 'string' ? contract : undefined
}
