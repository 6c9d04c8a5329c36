import { testBackend } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { fakeDockerKit } from './docker-kit.js'

testBackend({ describe, it }, 'docker', fakeDockerKit)
