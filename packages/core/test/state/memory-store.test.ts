import { describe, it } from 'vitest'
import { memoryStore } from '../../src/state/memory-store.js'
import { testStateStore } from '../../src/testing/index.js'

testStateStore({ describe, it }, 'memoryStore', {
  make: async () => ({ store: memoryStore(), cleanup: async () => {} }),
})
