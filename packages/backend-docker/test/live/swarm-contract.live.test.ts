import { testBackend } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { liveSwarmKit } from './swarm-kit.js'

testBackend({ describe, it }, 'swarmService on a real swarm', liveSwarmKit(false))
testBackend(
  { describe, it },
  'swarmService on a real swarm, with the engines of its nodes',
  liveSwarmKit(true),
)
