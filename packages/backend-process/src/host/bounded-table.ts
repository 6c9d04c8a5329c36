import type { Clock } from '@flotilla/core'
import { withDeadline } from '@flotilla/core/authoring'
import type { Label } from '../labels.js'
import type { ProcessRow, ProcessTable } from './process-table.js'

/** A process table that always answers: each call ends within a bound, or when its signal aborts. */
export class BoundedTable implements ProcessTable {
  readonly #table: ProcessTable
  readonly #clock: Clock
  readonly #timeoutMs: number

  constructor(table: ProcessTable, clock: Clock, timeoutMs: number) {
    this.#table = table
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  async all(signal: AbortSignal): Promise<readonly ProcessRow[]> {
    return this.#bounded(signal, async (bound) => this.#table.all(bound))
  }

  async some(pids: readonly number[], signal: AbortSignal): Promise<readonly ProcessRow[]> {
    return this.#bounded(signal, async (bound) => this.#table.some(pids, bound))
  }

  async labels(pids: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, Label>> {
    return this.#bounded(signal, async (bound) => this.#table.labels(pids, bound))
  }

  send(target: number, signal: NodeJS.Signals): boolean {
    return this.#table.send(target, signal)
  }

  async #bounded<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = {
      clock: this.#clock,
      timeoutMs: this.#timeoutMs,
      what: 'read the process table',
      signal,
    }
    return withDeadline(work, deadline)
  }
}
