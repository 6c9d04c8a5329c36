import { testBackend } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { fakeOpenStackKit } from './kit/openstack-kit.js'

// Each case has a cloud of its own, and some wait for a bound.
testBackend({ describe, it: it.concurrent }, 'openstack', fakeOpenStackKit)
