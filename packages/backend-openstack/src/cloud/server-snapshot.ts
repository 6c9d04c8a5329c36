import type { Server } from '@flotilla/openstack-client'

/** What one look at Nova found. It never changes. */
export interface ServerSnapshot {
  /** Our servers of every group, by id. */
  readonly servers: ReadonlyMap<string, Server>
  /** Ids that Nova shows without being asked for servers in BUILD. */
  readonly shown: ReadonlySet<string>
  /** When Nova was asked, on our monotonic clock. */
  readonly askedMs: number
  /** When the last full list was asked for, and how many servers it had, ours or not. */
  readonly fullMs: number
  readonly listedCount: number
}

/** The snapshot without some servers. */
export const without = (snapshot: ServerSnapshot, ids: ReadonlyMap<string, unknown>): ServerSnapshot =>
  ids.size === 0
    ? snapshot
    : { ...snapshot, servers: new Map([...snapshot.servers].filter(([id]) => !ids.has(id))) }

/**
 * Whether a full list has a server that changed after `snapshot` with a stamp from before `sinceMs`: a list of changes since
 * then would not have had it.
 */
export const hasMissedChange = (
  listed: readonly Server[],
  { servers }: ServerSnapshot,
  sinceMs: number,
): boolean =>
  listed.some(({ id, updatedAt }) => {
    const before = servers.get(id)?.updatedAt
    return before !== undefined && updatedAt !== undefined && updatedAt !== before && updatedAt < sinceMs
  })
