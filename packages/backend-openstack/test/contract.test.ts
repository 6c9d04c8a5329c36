import { testBackend } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { fakeOpenStackKit } from './kit/openstack-kit.js'

testBackend({ describe, it }, 'openstack', fakeOpenStackKit)
