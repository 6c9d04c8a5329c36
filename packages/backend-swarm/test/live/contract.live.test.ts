import { testLiveBackend } from '../../../docker-engine/test/live/test-live-backend.js'
import { liveSwarmKit } from './swarm-kit.js'

testLiveBackend('swarmService on a real swarm', liveSwarmKit())
