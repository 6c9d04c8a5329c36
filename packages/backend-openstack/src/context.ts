import type { SharedAnswer } from '@flotilla/core/authoring'
import type { Connection } from './connection/connection.js'
import type { TerminatingServers } from './cloud/terminating-servers.js'
import type { Settings } from './options/settings.js'
import type { Pauses } from './room/pauses.js'
import type { Problems } from './cloud/problems.js'
import type { TemplateIds } from './cloud/template-ids.js'

/** What every call of one backend works with. */
export interface Context {
  readonly connection: Connection
  readonly settings: Settings
  readonly templateHash: string
  /** The ids of the template's names. */
  readonly templateIds: SharedAnswer<TemplateIds>
  readonly pauses: Pauses
  /** What is told to whoever asks what stands in the way. */
  readonly problems: Problems
  /** Zones of launches under way, by their mark: no list shows these yet. */
  readonly underWay: Map<string, { readonly group: string; readonly zone: string | undefined }>
  /** Servers whose end was asked for, and what was made for them. */
  readonly terminating: TerminatingServers
  /** Ids of spares that a launch is taking at the moment. */
  readonly taking: Set<string>
  /** Until when what was woken may still be listed as asleep, by id, on the clock's monotonic time. */
  readonly woken: Map<string, number>
}
