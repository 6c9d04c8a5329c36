import { readdirSync } from 'node:fs'
import type { ProcessRow, ProcessTable } from '../../src/host/process-table.js'
import type { Label } from '../../src/labels.js'

/** Pids of the processes that lived before this file was loaded, as far as they still live. */
const older = new Set(process.platform === 'linux' ? pidsNow() : [])
older.delete(process.pid)

/**
 * The processes of this host, less those that were there before the tests began: none of them can be an instance of a
 * test, and reading hundreds of them at every call takes more time than all the rest of it.
 */
export class NewcomersTable implements ProcessTable {
  readonly #table: ProcessTable

  constructor(table: ProcessTable) {
    this.#table = table
  }

  async all(signal: AbortSignal): Promise<readonly ProcessRow[]> {
    if (process.platform !== 'linux') return this.#table.all(signal)
    const pids = pidsNow()
    const alive = new Set(pids)
    // The pid of one that has ended may come back for a test's own.
    for (const pid of older) if (!alive.has(pid)) older.delete(pid)
    return this.#table.some(
      pids.filter((pid) => !older.has(pid)),
      signal,
    )
  }

  async some(pids: readonly number[], signal: AbortSignal): Promise<readonly ProcessRow[]> {
    return this.#table.some(pids, signal)
  }

  async labels(pids: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, Label>> {
    return this.#table.labels(pids, signal)
  }

  send(target: number, signal: NodeJS.Signals): boolean {
    return this.#table.send(target, signal)
  }
}

function pidsNow(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}
