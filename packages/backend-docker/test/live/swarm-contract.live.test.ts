import { testLiveBackend } from './test-live-backend.js'
import { liveSwarmKit } from './swarm-kit.js'

testLiveBackend('swarmService on a real swarm', liveSwarmKit())
