import { testBackend } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { liveKit } from './lab-kit.js'

testBackend({ describe, it }, 'openstack on a real control plane', liveKit())
