import { daily, onOff, trend, weekly } from './cycles.js'
import { flashCrowd, ramp, spikes, steps } from './events.js'
import { counting, noise, wander } from './noise.js'

/** The parts that `shape` makes a load of. */
export const parts: {
  readonly daily: typeof daily
  readonly weekly: typeof weekly
  readonly trend: typeof trend
  readonly onOff: typeof onOff
  readonly steps: typeof steps
  readonly ramp: typeof ramp
  readonly flashCrowd: typeof flashCrowd
  readonly spikes: typeof spikes
  readonly noise: typeof noise
  readonly counting: typeof counting
  readonly wander: typeof wander
} = { daily, weekly, trend, onOff, steps, ramp, flashCrowd, spikes, noise, counting, wander }
