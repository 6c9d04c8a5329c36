import type { GoldenGuard } from './disks/golden.js'
import type { Hypervisors } from './host/hypervisors.js'
import type { ProblemBook } from '@flotilla/core/authoring'
import type { Addresses } from './network/addresses.js'
import type { Settings } from './options.js'
import type { PlacementBook } from './place/placement-book.js'
import type { FileGuard } from './removal/file-guard.js'

/** What every call of one backend works with. */
export interface Context {
  readonly hypervisors: Hypervisors
  readonly settings: Settings
  readonly templateHash: string
  readonly golden: GoldenGuard
  readonly addresses: Addresses
  readonly placement: PlacementBook
  /** Asked before anything is removed that this process did not make just now. */
  readonly guard: FileGuard
  readonly problems: ProblemBook
}
