type Json = Readonly<Record<string, unknown>>

/** `fixedIps` as the services write it: `fixed_ips`. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** A body with its names in snake case, at every depth; undefined values are left out by JSON. */
export function snakeCaseBody(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCaseBody)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value as Json).map(([name, item]) => [snakeCase(name), snakeCaseBody(item)]),
  )
}
