import type { Json } from '../../src/json.js'
import type { LoadedState } from '../../src/state/store.js'

/** The state that was loaded. */
export function stateOf(loaded: LoadedState): Json {
  if (loaded.kind !== 'state') throw new Error(`no state: ${JSON.stringify(loaded)}`)
  return loaded.state
}
