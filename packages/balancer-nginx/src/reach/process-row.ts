import { FlotillaError } from '@flotilla/core'
import { NotRunning } from '../errors.js'
import type { NginxWorker } from '../nginx-api.js'

/** One process, as a table of them shows it. */
export interface ProcessRow {
  /** Tells it from every other, also from a later one with the same number where that can be told. */
  readonly id: string
  readonly pid: number
  readonly parentPid: number | undefined
  /** Nginx writes there what a process is to it. */
  readonly title: string
}

export const isMaster = ({ title }: ProcessRow): boolean => title.startsWith('nginx: master process')

export const isWorker = ({ title }: ProcessRow): boolean => title.startsWith('nginx: worker process')

export function toWorker({ id, title }: ProcessRow): NginxWorker {
  return { id, isLeaving: title.includes('is shutting down') }
}

/** One installation of Nginx among the processes of its machine. */
export interface ProcessGroup {
  readonly master: ProcessRow
  /** Those of its masters together, also of one that a binary upgrade has not ended yet. */
  readonly workers: readonly NginxWorker[]
  /** Two masters of a binary upgrade that both take connections. */
  readonly upgrade: { readonly oldPid: number; readonly newPid: number } | undefined
}

export interface WhichMaster {
  /** For messages. */
  readonly where: string
  /** Its number, where that is known. */
  readonly pid?: number | undefined
  /** What says that number, for messages: then no other master is taken for it. */
  readonly pidFile?: string | undefined
  /** What would tell, for a message when several could be it. */
  readonly hint: string
}

/**
 * Our installation in a table that may hold several: the one whose master the pid file names, else the only one.
 *
 * @throws NotRunning when there is no master; FlotillaError `unavailable` when several could be it
 */
export function processGroup(
  rows: readonly ProcessRow[],
  { where, pid, pidFile, hint }: WhichMaster,
): ProcessGroup {
  const masters = rows.filter(isMaster)
  const named = masters.find((row) => row.pid === pid)
  if (named === undefined && pidFile !== undefined) {
    const said =
      pid === undefined
        ? `${pidFile} names no process`
        : `process ${pid}, which ${pidFile} names, is no nginx master`
    throw new NotRunning('unavailable', `${where} does not run: ${said}; start it`)
  }
  const roots = masters.filter((row) => !masters.some((other) => other.pid === row.parentPid))
  const master = named ?? (roots.length === 1 ? roots[0] : undefined)
  if (master === undefined) {
    if (masters.length === 0) throw new NotRunning('unavailable', `${where} does not run: start it`)
    const pids = roots.map((row) => row.pid).join(', ')
    const message = `see the workers of ${where}: the masters ${pids} run there, and which is ours is not known: ${hint}`
    throw new FlotillaError('unavailable', message)
  }
  const family = masters.filter(
    (row) => row === master || row.parentPid === master.pid || row.pid === master.parentPid,
  )
  const workersOf = (of: ProcessRow): readonly NginxWorker[] =>
    rows
      .filter((row) => isWorker(row) && (row.parentPid === undefined || row.parentPid === of.pid))
      .map(toWorker)
  // A table without parents cannot tell them apart.
  const isTold = rows.some((row) => row.parentPid !== undefined)
  const serving = family.filter((row) => isTold && workersOf(row).some(({ isLeaving }) => !isLeaving))
  const [older, newer] = serving.toSorted((a, b) => Number(a.parentPid === b.pid) - 0.5)
  return {
    master,
    workers: isTold ? family.flatMap(workersOf) : workersOf(master),
    upgrade:
      older === undefined || newer === undefined ? undefined : { oldPid: older.pid, newPid: newer.pid },
  }
}

/** `ps -eo pid=,ppid=,args=`: a line for each process, without a heading; with `@` and its start before the title, too. */
export function rowsFromPs(output: string): ProcessRow[] {
  return output.split('\n').flatMap((line) => {
    const [, pid, parentPid, start = '', title] = /^\s*(\d+)\s+(\d+)\s+(@\d+ )?(.*)$/.exec(line) ?? []
    if (pid === undefined || parentPid === undefined || title === undefined) return []
    return [
      {
        id: `${pid}${start.trimEnd()}`,
        pid: Number(pid),
        parentPid: Number(parentPid),
        title: title.trimEnd(),
      },
    ]
  })
}

/** Docker's `top`: columns by their headings, which depend on the daemon's own `ps`. */
export function rowsFromTop(
  titles: readonly string[],
  processes: readonly (readonly string[])[],
): ProcessRow[] {
  const column = (...names: readonly string[]): number => titles.findIndex((title) => names.includes(title))
  const pidAt = column('PID')
  const parentAt = column('PPID')
  const titleAt = column('CMD', 'COMMAND', 'ARGS')
  return processes.flatMap((fields) => {
    const pid = fields[pidAt]
    const title = fields[titleAt]
    if (pid === undefined || title === undefined) return []
    const parent = fields[parentAt]
    return [
      { id: pid, pid: Number(pid), parentPid: parent === undefined ? undefined : Number(parent), title },
    ]
  })
}
