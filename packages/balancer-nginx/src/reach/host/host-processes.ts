import { platform } from 'node:os'
import type { Address } from '@flotilla/core'
import { runCommand } from '@flotilla/core/authoring'
import { linuxChildren, linuxProcess, linuxSockets, linuxTcpTable } from './linux-processes.js'
import { rowsFromPs, type ProcessRow } from '../process-row.js'
import { connectedTargets } from '../tcp-table.js'

/** The processes of this host. */
export interface HostProcesses {
  one(pid: number, signal: AbortSignal): Promise<ProcessRow | undefined>
  children(parentPid: number, signal: AbortSignal): Promise<readonly ProcessRow[]>
  find(ids: readonly string[], signal: AbortSignal): Promise<readonly ProcessRow[]>
  /** Which targets they have connections to, by their place in the list. Left out where that cannot be seen. */
  readonly connectedTo?: (pids: readonly number[], targets: readonly Address[]) => Promise<readonly boolean[]>
}

/** Linux has them as files; elsewhere `ps` is run. */
export function hostProcesses(timeoutMs: number, system: string = platform()): HostProcesses {
  return system === 'linux' ? fromProc : fromPs(timeoutMs)
}

const fromProc: HostProcesses = {
  one: linuxProcess,
  children: linuxChildren,
  async find(ids) {
    const rows = await Promise.all(ids.map((id) => linuxProcess(Number.parseInt(id, 10))))
    // The number may have gone to another process since.
    return rows.flatMap((row) => (row !== undefined && ids.includes(row.id) ? [row] : []))
  },
  async connectedTo(pids, targets) {
    const tables = await Promise.all(
      pids.map(async (pid) => {
        // First the table: a socket that is opened in between is then only missing, not taken for another's.
        const table = await linuxTcpTable(pid)
        return connectedTargets(table, targets, new Set(await linuxSockets(pid)))
      }),
    )
    return targets.map((_, index) => tables.some((connected) => connected[index] === true))
  },
}

function fromPs(timeoutMs: number): HostProcesses {
  const list = async (signal: AbortSignal): Promise<readonly ProcessRow[]> => {
    const argv = ['ps', '-axo', 'pid=,ppid=,args=']
    const { stdout } = await runCommand(argv, { attempted: `run ${argv.join(' ')}`, timeoutMs, signal })
    return rowsFromPs(stdout)
  }
  return {
    one: async (pid, signal) => (await list(signal)).find((row) => row.pid === pid),
    children: async (parentPid, signal) => (await list(signal)).filter((row) => row.parentPid === parentPid),
    find: async (ids, signal) => (await list(signal)).filter(({ id }) => ids.includes(id)),
  }
}
