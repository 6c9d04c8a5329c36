/** What is read of a valibot schema to know the names in it. Each kind of schema has some of these. */
interface SchemaParts {
  readonly entries?: Readonly<Record<string, SchemaParts>>
  /** Of an optional schema. */
  readonly wrapped?: SchemaParts
  /** Of a list. */
  readonly item?: SchemaParts
  /** Of a record. */
  readonly value?: SchemaParts
  /** Of a union; of a picklist they are plain values. */
  readonly options?: readonly unknown[]
}

/** The schemas at a path, which is several where a union lies on the way. */
export function schemasAt(schema: unknown, path: readonly unknown[]): readonly unknown[] {
  return path.reduce<readonly SchemaParts[]>(
    (at, key) => at.flatMap((one) => alternatives(one).flatMap((part) => childOf(part, key))),
    [schema as SchemaParts],
  )
}

/** The names of the options that a schema has at a path. */
export function namesAt(schema: unknown, path: readonly unknown[]): readonly string[] {
  const at = schemasAt(schema, path) as readonly SchemaParts[]
  const names = at.flatMap((one) => alternatives(one).flatMap(({ entries = {} }) => Object.keys(entries)))
  return [...new Set(names)]
}

/** Every option below a schema, with its dotted name; inside of lists there are none. */
export function everyName(schema: unknown): readonly string[] {
  return alternatives(schema as SchemaParts).flatMap(({ entries = {} }) =>
    Object.entries(entries).flatMap(([name, inner]) => [
      name,
      ...everyName(inner).map((below) => `${name}.${below}`),
    ]),
  )
}

function alternatives(schema: SchemaParts): readonly SchemaParts[] {
  if (schema.wrapped !== undefined) return alternatives(schema.wrapped)
  const options = (schema.options ?? []).filter(
    (option): option is SchemaParts => typeof option === 'object' && option !== null,
  )
  return options.length === 0 ? [schema] : options.flatMap(alternatives)
}

function childOf({ entries, item, value }: SchemaParts, key: unknown): readonly SchemaParts[] {
  const child =
    entries !== undefined && typeof key === 'string' && Object.hasOwn(entries, key)
      ? entries[key]
      : (item ?? value)
  return child === undefined ? [] : [child]
}
