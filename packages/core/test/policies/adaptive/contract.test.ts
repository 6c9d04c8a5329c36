import { describe, it } from 'vitest'
import { adaptive } from '../../../src/policies/adaptive/adaptive.js'
import { testPolicy } from '../../../src/testing/index.js'

const metrics = [
  { name: 'cpu', unit: 'ratio', of: 'instance' },
  { name: 'http.request_rate', unit: 'per-second', of: 'group' },
  { name: 'http.queue', unit: 'count', of: 'group' },
] as const

testPolicy({ describe, it }, 'adaptive on CPU alone', { make: () => adaptive() })

testPolicy({ describe, it }, 'adaptive on what there is', { make: () => adaptive(), metrics })

testPolicy({ describe, it }, 'adaptive on load and queue', {
  make: () => adaptive({ load: 'http.request_rate', queue: 'http.queue' }),
  metrics,
})

testPolicy({ describe, it }, 'adaptive that only forecasts', {
  make: () => adaptive({ load: 'http.request_rate', forecastOnly: true }),
})

testPolicy({ describe, it }, 'adaptive without its parts', {
  make: () =>
    adaptive({ without: ['choice', 'margin', 'overload', 'staffing', 'hold', 'backlog'], load: 'rate' }),
})
