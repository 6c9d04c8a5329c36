/** One cloud as a file or the environment has it: nested mappings, names in snake case. */
export type RawCloud = Readonly<Record<string, unknown>>

export const isRawCloud = (value: unknown): value is RawCloud =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Merges `over` into `under`, mapping by mapping: a later file has only what differs. */
export function mergeClouds(under: RawCloud, over: RawCloud): RawCloud {
  const merged: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    if (value !== null && value !== undefined) {
      merged[key] = isRawCloud(below) && isRawCloud(value) ? mergeClouds(below, value) : value
    }
  }
  return merged
}

/** Names in one form: `auth-url` and `auth_url` are the same. */
export function withSnakeCaseNames(cloud: RawCloud): RawCloud {
  const entries = Object.entries(cloud).map(([key, value]) => [
    key.replaceAll('-', '_'),
    isRawCloud(value) ? withSnakeCaseNames(value) : value,
  ])
  return Object.fromEntries(entries) as RawCloud
}

/** A value as text; undefined for an empty one, and for a list or a mapping. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}
