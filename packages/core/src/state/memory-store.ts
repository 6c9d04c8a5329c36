import { checkOptions } from '../check-options.js'
import * as check from '../checks.js'
import { FlotillaError } from '../errors.js'
import type { Json } from '../json.js'
import { jsonText } from './json-text.js'
import type { StateStore } from './store.js'

/** A store that lasts as long as the object: for tests, and for groups whose damping need not survive a restart. */
export function memoryStore(): StateStore {
  // As text, so that what comes out is what a file would give, and nobody holds a part of it.
  const texts = new Map<string, string>()
  let isClosed = false

  const use = (group: string): void => {
    if (isClosed) throw new FlotillaError('closed', `state of group ${group}: the store is closed`)
    checkOptions('StateStore group', check.name(), group)
  }
  return {
    async load(group) {
      use(group)
      const text = texts.get(group)
      return text === undefined ? { kind: 'none' } : { kind: 'state', state: JSON.parse(text) as Json }
    },
    async save(group, state) {
      use(group)
      texts.set(group, jsonText(state))
    },
    async close() {
      isClosed = true
    },
  }
}
