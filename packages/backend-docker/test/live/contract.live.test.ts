import { liveKit } from './live-kit.js'
import { testLiveBackend } from './test-live-backend.js'

testLiveBackend('docker on a real engine', liveKit())
