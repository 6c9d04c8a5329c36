import type { CallOptions } from '@flotilla/libvirt'
import { goneError } from './fake-errors.js'

/**
 * What goes wrong with the next call of a kind.
 *
 * - `fail`: libvirt refuses, with this error, and does nothing
 * - `lose-reply`: it does it, and the connection breaks before it answers
 * - `hang`: it does nothing and never answers
 * - `hang-after`: it does it and never answers
 */
export type CallFault =
  | { readonly kind: 'fail'; readonly error: Error }
  | { readonly kind: 'lose-reply' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'hang-after' }

/** The calls of a fake hypervisor: those made, and what goes wrong with those to come. */
export class FakeCalls<TCall extends string> {
  /** Every call made, in order. */
  readonly made: TCall[] = []
  /** Whether the daemon is away. */
  isDown = false
  /** Called before and after each call does its work; what it throws, or waits for, happens there. */
  onPoint: ((call: TCall, when: 'before' | 'after') => Promise<void>) | undefined
  readonly #pause: () => Promise<void>
  readonly #faults: { readonly call: TCall; readonly fault: CallFault }[] = []

  /** @param pause - waited for at the begin and the end of each call */
  constructor(pause: () => Promise<void>) {
    this.#pause = pause
  }

  arm(call: TCall, fault: CallFault): void {
    this.#faults.push({ call, fault })
  }

  clearFaults(): void {
    this.#faults.length = 0
  }

  /** One call: its pauses, its faults, and what it does. */
  async do<T>(call: TCall, options: CallOptions | undefined, work: () => T): Promise<T> {
    const signal = options?.signal ?? new AbortController().signal
    this.made.push(call)
    const index = this.#faults.findIndex((armed) => armed.call === call)
    const [armed] = index < 0 ? [] : this.#faults.splice(index, 1)
    const fault = armed?.fault
    await this.#pause()
    signal.throwIfAborted()
    if (this.isDown) throw goneError('ECONNREFUSED')
    await this.onPoint?.(call, 'before')
    if (fault?.kind === 'fail') throw fault.error
    if (fault?.kind === 'hang') return never(signal)
    const result = work()
    await this.onPoint?.(call, 'after')
    await this.#pause()
    signal.throwIfAborted()
    if (fault?.kind === 'lose-reply') throw goneError('ECONNRESET')
    if (fault?.kind === 'hang-after') return never(signal)
    return result
  }
}

/** Never answers. */
export async function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
