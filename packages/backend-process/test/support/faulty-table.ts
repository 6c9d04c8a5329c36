import type { Label } from '../../src/labels.js'
import type { ProcessRow, ProcessTable } from '../../src/host/process-table.js'

type Fault = () => Promise<never>

/** The host's process table with faults to arm, and with use made up for some processes. */
export class FaultyTable implements ProcessTable {
  readonly #table: ProcessTable
  /** Armed for the next reading of each kind. */
  readonly #faults = new Map<'all' | 'some', Fault>()
  readonly #refused = new Set<number>()
  readonly #unlabelled = new Set<number>()
  /** Called once labels were read, which is when the world may have moved on. */
  onLabels: () => void = () => {}
  readonly #changed = new Map<number, () => Partial<ProcessRow>>()
  /** Every signal sent, in order. */
  readonly sent: { readonly target: number; readonly signal: NodeJS.Signals }[] = []

  constructor(table: ProcessTable) {
    this.#table = table
  }

  failNext(kind: 'all' | 'some', error: Error): void {
    this.#faults.set(kind, async () => Promise.reject(error))
  }

  /** @param onHang - told when the reading is asked for, and will not be answered */
  hangNext(kind: 'all' | 'some', onHang: () => void = () => {}): void {
    this.#faults.set(kind, async () => {
      onHang()
      return new Promise<never>(() => {})
    })
  }

  /** Forgets the faults that nothing has met. */
  disarm(): void {
    this.#faults.clear()
  }

  refuseSignals(pid: number): void {
    this.#refused.add(pid)
  }

  /** As for a program that has written over its environment, or runs as another user by now. */
  hideLabel(pid: number): void {
    this.#unlabelled.add(pid)
  }

  /** As when it has ended and its pid has gone to another process. */
  becomeStranger(pid: number): void {
    this.hideLabel(pid)
    this.change(pid, () => ({ birth: 'just now' }))
  }

  change(pid: number, facts: () => Partial<ProcessRow>): void {
    this.#changed.set(pid, facts)
  }

  async all(signal: AbortSignal): Promise<readonly ProcessRow[]> {
    await this.#takeFault('all')
    return this.#rows(await this.#table.all(signal))
  }

  async some(pids: readonly number[], signal: AbortSignal): Promise<readonly ProcessRow[]> {
    await this.#takeFault('some')
    return this.#rows(await this.#table.some(pids, signal))
  }

  async labels(pids: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, Label>> {
    const found = await this.#table.labels(pids, signal)
    this.onLabels()
    return new Map([...found].filter(([pid]) => !this.#unlabelled.has(pid)))
  }

  send(target: number, signal: NodeJS.Signals): boolean {
    this.sent.push({ target, signal })
    if (this.#refused.has(Math.abs(target))) {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
    }
    return this.#table.send(target, signal)
  }

  async #takeFault(kind: 'all' | 'some'): Promise<void> {
    const fault = this.#faults.get(kind)
    this.#faults.delete(kind)
    await fault?.()
  }

  #rows(rows: readonly ProcessRow[]): readonly ProcessRow[] {
    return rows.map((row) => ({ ...row, ...this.#changed.get(row.pid)?.() }))
  }
}
