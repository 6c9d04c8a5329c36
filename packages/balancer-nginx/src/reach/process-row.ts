import { FlotillaError } from '@flotilla/core'
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

/**
 * The workers in a table that may hold several installations of Nginx.
 *
 * @throws FlotillaError `unavailable` when there is no master, or several and none was named
 */
export function workersIn(rows: readonly ProcessRow[], where: string, masterPid?: number): NginxWorker[] {
  const masters = rows.filter((row) => isMaster(row) && (masterPid === undefined || row.pid === masterPid))
  const [master] = masters
  if (master === undefined) throw new FlotillaError('unavailable', `${where} does not run`)
  if (masters.length > 1) {
    const message = `see the workers of ${where}: ${masters.length} masters run there, and which is ours is not known`
    throw new FlotillaError('unavailable', message)
  }
  return rows
    .filter((row) => isWorker(row) && (row.parentPid === undefined || row.parentPid === master.pid))
    .map(toWorker)
}

/** `ps -eo pid=,ppid=,args=`: a line for each process, without a heading. */
export function rowsFromPs(output: string): ProcessRow[] {
  return output.split('\n').flatMap((line) => {
    const [, pid, parentPid, title] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    if (pid === undefined || parentPid === undefined || title === undefined) return []
    return [{ id: pid, pid: Number(pid), parentPid: Number(parentPid), title: title.trimEnd() }]
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
