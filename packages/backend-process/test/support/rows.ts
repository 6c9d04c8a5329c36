import type { ProcessRow } from '../../src/host/process-table.js'

/** A made-up row: a process that leads its own session unless told otherwise. */
export function row(pid: number, facts: Partial<ProcessRow> = {}): ProcessRow {
  return {
    pid,
    parentPid: 1,
    groupId: pid,
    sessionId: pid,
    birth: `b${pid}`,
    state: 'live',
    cpuMs: 0,
    memoryBytes: 0,
    ...facts,
  }
}
