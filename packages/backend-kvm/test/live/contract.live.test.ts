import { testBackend } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { liveKit } from './live-kit.js'

testBackend({ describe, it }, 'kvm on a real libvirtd', liveKit())
