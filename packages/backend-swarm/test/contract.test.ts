import { testBackend } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { fakeSwarmKit } from './swarm-kit.js'

testBackend({ describe, it }, 'swarmService', fakeSwarmKit(false))
testBackend({ describe, it }, 'swarmService with the engines of its nodes', fakeSwarmKit(true))
