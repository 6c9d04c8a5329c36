import { memoryStore } from '../../src/state/memory-store.js'
import { testStore } from './store-promises.js'

testStore('memoryStore', async () => memoryStore())
