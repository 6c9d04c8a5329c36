import { liveKit } from './live-kit.js'
import { testLiveBackend } from '../../../docker-engine/test/live/test-live-backend.js'

testLiveBackend('docker on a real engine', liveKit())
