import type { Clock } from '../time/clock.js'
import type { ServiceCalls } from './request.js'

/** What the calls of one service are written on. */
export interface ServiceContext {
  /** Official type. */
  readonly service: string
  readonly calls: ServiceCalls
  readonly clock: Clock
  readonly random: () => number
}
