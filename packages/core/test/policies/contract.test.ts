import { describe, it } from 'vitest'
import { testPolicy } from '@flotilla/core/testing'
import { everyPolicy } from './every-policy.js'

for (const { name, make, whenMissing } of everyPolicy) {
  testPolicy({ describe, it }, name, { make, whenMissing })
}
