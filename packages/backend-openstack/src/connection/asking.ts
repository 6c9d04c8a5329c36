import type { CallOptions, Clock } from '@flotilla/core'
import type { Cloud } from '@flotilla/openstack-client'
import type { Attempt } from '../errors.js'

/** How the cloud is asked: within a bound, and with its refusals translated. `Connection` is one. */
export interface Asking {
  readonly clock: Clock
  ask<T>(question: Attempt & CallOptions, work: (client: Cloud, call: CallOptions) => Promise<T>): Promise<T>
}
