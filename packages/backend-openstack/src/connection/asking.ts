import type { CallOptions, Clock } from '@flotilla/core'
import type { Cloud } from '@flotilla/openstack-client'
import type { Attempt } from '../errors.js'

/** Asks the cloud within a bound and translates its errors. `Connection` implements it. */
export interface Asking {
  readonly clock: Clock
  ask<T>(question: Attempt & CallOptions, work: (client: Cloud, call: CallOptions) => Promise<T>): Promise<T>
}
