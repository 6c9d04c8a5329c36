import { randomUUID } from 'node:crypto'
import { FlotillaError, type Clock } from '@flotilla/core'
import { KeyedQueue, ProblemBook } from '@flotilla/core/authoring'
import type { ChangeFeed } from './change-feed.js'
import type { Settings } from './options/settings.js'
import { OwnChildren } from './host/own-children.js'
import { Ports } from './book/ports.js'
import type { ProcessTable } from './host/process-table.js'
import type { Claim } from './book/record.js'
import { Records } from './book/records.js'
import { openStateDir } from './book/state-dir.js'

/** What every call of one backend works with. */
export interface Context {
  readonly settings: Settings
  readonly templateHash: string
  readonly table: ProcessTable
  readonly clock: Clock
  /** The state directory's id, which is in the label of everything started from it. */
  readonly owner: string
  /** How this backend signs what it works on. */
  readonly claim: Claim
  readonly records: Records
  readonly ports: Ports
  readonly children: OwnChildren
  /** Tells of what this backend does and sees. */
  readonly feed: ChangeFeed
  readonly problems: ProblemBook
  /** By instance id: launches and terminations of one instance follow each other. */
  readonly queue: KeyedQueue
  /** Ids of the instances that are being terminated. */
  readonly ending: Set<string>
}

/** Opens the state directory and finds out who we are. */
export async function openContext(
  given: Pick<Context, 'settings' | 'templateHash' | 'table' | 'clock' | 'feed' | 'problems'>,
  signal: AbortSignal,
): Promise<Context> {
  const { stateDir } = given.settings
  const owner = await openStateDir(stateDir)
  const [self] = await given.table.some([process.pid], signal)
  if (self === undefined) {
    throw new FlotillaError(
      'unavailable',
      `processes: the process table does not show this very process, ${process.pid}`,
    )
  }
  const records = new Records(stateDir)
  return {
    ...given,
    owner,
    claim: { pid: self.pid, birth: self.birth, backend: randomUUID() },
    records,
    ports: new Ports(stateDir, records),
    children: new OwnChildren(),
    queue: new KeyedQueue(),
    ending: new Set(),
  }
}
