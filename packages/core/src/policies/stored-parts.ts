import type { Json } from '../json.js'

/** One part's slice of the state of a composed policy. */
export interface StoredPart {
  readonly policy: string
  readonly state?: Json
}

/** The slices, in the order of the parts; undefined for one that is none. */
export function storedParts(state: Json | undefined): readonly (StoredPart | undefined)[] {
  if (!Array.isArray(state)) return []
  return state.map((part: Json) => {
    if (typeof part !== 'object' || part === null || !('policy' in part)) return undefined
    if (typeof part.policy !== 'string') return undefined
    return { policy: part.policy, ...(part.state === undefined ? {} : { state: part.state }) }
  })
}
