import { createHash } from 'node:crypto'
import type { Json } from '../json.js'

/**
 * A short hash of a template; two instances of the same hash were made alike. The order of keys does not count. Values
 * of variables go into it and cannot be read from it.
 */
export function templateHash(template: object): string {
  return createHash('sha256').update(canonical(template)).digest('hex').slice(0, 12)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: Json | undefined) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
