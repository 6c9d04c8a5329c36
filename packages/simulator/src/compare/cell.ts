import type { Simulation } from '../replay/replay.js'

/** One contender on one trace and one layer. */
export interface Cell {
  readonly contender: string
  readonly trace: string
  readonly layer: string
  readonly simulation: Simulation
}
