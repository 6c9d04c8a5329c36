import type { ProcessRow } from './process-table.js'

/** What is known of the processes of one instance. */
export interface Machine {
  readonly id: string
  /** The instance's own process, as written down when it was started. */
  readonly child?: { readonly pid: number; readonly birth?: string | undefined } | undefined
}

/**
 * The living processes of an instance: all in the session or group of its own process, and all that carry its label,
 * wherever they went. Nothing counts by its number alone:
 *
 * - the process with the recorded pid and birth makes its whole session the instance's, as long as it is in the table
 * - once it is gone, its session is the instance's only if some process there carries the label
 * - a process with the recorded pid and another birth is somebody else's, and so is its session
 */
export function membersOf(
  { child }: Machine,
  rows: readonly ProcessRow[],
  isLabelled: (pid: number) => boolean,
): readonly ProcessRow[] {
  const leader = rows.find((row) => row.pid === child?.pid)
  const isInside = (row: ProcessRow): boolean =>
    child !== undefined && (row.sessionId === child.pid || row.groupId === child.pid)
  const ownsSession =
    leader === undefined
      ? rows.some((row) => isInside(row) && isLabelled(row.pid))
      : child?.birth !== undefined && leader.birth === child.birth
  return rows.filter(
    (row) => row.state !== 'zombie' && (isLabelled(row.pid) || (ownsSession && isInside(row))),
  )
}

/**
 * Whom to signal to reach all of these processes and no other: a whole group (negative) where all of it is among them,
 * which leaves no gap for a process that forks meanwhile; else one by one.
 */
export function signalTargets(
  members: readonly ProcessRow[],
  rows: readonly ProcessRow[],
): readonly number[] {
  const ours = new Set(members.map((row) => row.pid))
  const shared = new Set(
    rows.filter((row) => row.state !== 'zombie' && !ours.has(row.pid)).map((row) => row.groupId),
  )
  return [...new Set(members.map((row) => (shared.has(row.groupId) ? row.pid : -row.groupId)))]
}
