import { errnoOf } from '@flotilla/core/authoring'
import type { Label } from '../labels.js'

/** One process of the host at the moment of reading. */
export interface ProcessRow {
  readonly pid: number
  readonly parentPid: number
  readonly groupId: number
  /** The session; where the host does not tell (macOS), the group. */
  readonly sessionId: number
  /**
   * When it was started, in the host's own words: a pid comes back for another process, a pid with its birth never
   * does. Only ever compared for equality.
   */
  readonly birth: string
  /** `zombie`: it has exited and its parent has not asked yet. `frozen`: stopped by a signal (SIGSTOP). */
  readonly state: 'live' | 'frozen' | 'zombie'
  /** Processor time used so far, on all cores, user and system. On Linux with that of children it has waited for. */
  readonly cpuMs: number
  /** Resident memory. */
  readonly memoryBytes: number
}

/**
 * The processes of this host: the one door to what differs between operating systems. Every call reads anew, and
 * rejects when its signal aborts.
 */
export interface ProcessTable {
  /** All processes, in one sweep. */
  all(signal: AbortSignal): Promise<readonly ProcessRow[]>
  /** Those of these pids that exist. */
  some(pids: readonly number[], signal: AbortSignal): Promise<readonly ProcessRow[]>
  /** The labels of those of these pids that carry one and may be read by this user. */
  labels(pids: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, Label>>
  /**
   * Sends a signal to a process or, with a negative number, to a process group.
   *
   * @returns false when there is none any more
   * @throws the host's error when it may not
   */
  send(target: number, signal: NodeJS.Signals): boolean
}

/** Whether the very process that had this pid and birth still runs. */
export function isSame(row: ProcessRow | undefined, birth: string | undefined): row is ProcessRow {
  return row !== undefined && row.state !== 'zombie' && birth !== undefined && row.birth === birth
}

/** `ProcessTable.send` as every POSIX host does it. */
export function sendSignal(target: number, signal: NodeJS.Signals): boolean {
  // 0 and -1 mean "my own group" and "everything I may": a bug must not reach them.
  if (!Number.isSafeInteger(target) || Math.abs(target) <= 1)
    throw new RangeError(`no such target: ${target}`)
  try {
    process.kill(target, signal)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false
    throw error
  }
}
