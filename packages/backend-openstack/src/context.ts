import type { ProblemBook, SharedAnswer } from '@flotilla/core/authoring'
import type { Connection } from './connection/connection.js'
import type { TerminatingServers } from './cloud/terminating-servers.js'
import type { Settings } from './options/settings.js'
import type { Pauses } from './room/pauses.js'
import type { TemplateIds } from './cloud/template-ids.js'

/** What the calls of one backend share. */
export interface Context {
  readonly connection: Connection
  readonly settings: Settings
  readonly templateHash: string
  /** The ids of the template's names. */
  readonly templateIds: SharedAnswer<TemplateIds>
  readonly pauses: Pauses
  /** Standing problems, for `problems`. */
  readonly problems: ProblemBook
  /** Launches under way by their mark, with their zones: no list shows them yet. */
  readonly underWay: Map<string, { readonly group: string; readonly zone: string | undefined }>
  /** Servers whose deletion was asked for here. */
  readonly terminating: TerminatingServers
  /** Ids of spares that a launch is taking, or the pool is putting to sleep. */
  readonly taking: Set<string>
  /** By id: until when a woken server may still be listed as asleep, on our monotonic clock. */
  readonly woken: Map<string, number>
}
