import type { CallOptions } from '@flotilla/core'
import { abortError, goneError } from './fake-errors.js'

/**
 * What goes wrong with the next call of a kind.
 *
 * - `fail`: the engine refuses, with this error, and does nothing
 * - `lose-reply`: it does it, and the connection breaks before it answers
 * - `hang`: it does nothing and never answers
 * - `hang-after`: it does it and never answers
 */
export type CallFault =
  | { readonly kind: 'fail'; readonly error: Error }
  | { readonly kind: 'lose-reply' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'hang-after' }

/** The calls of a fake engine: those made, and what goes wrong with those to come. */
export class FakeCalls<TCall extends string> {
  /** Every call made, in order. */
  readonly made: TCall[] = []
  /** Whether the daemon is away. */
  isDown = false
  readonly #pause: () => Promise<void>
  readonly #faults: { readonly call: TCall; readonly fault: CallFault }[] = []

  /** @param pause - waited for at the begin and the end of each call */
  constructor(pause: () => Promise<void>) {
    this.#pause = pause
  }

  /** Arms a fault for the next call of this kind. */
  arm(call: TCall, fault: CallFault): void {
    this.#faults.push({ call, fault })
  }

  clearFaults(): void {
    this.#faults.length = 0
  }

  /** One call: its pauses, its faults, and what it does. */
  async do<T>(call: TCall, { signal }: CallOptions, work: () => T): Promise<T> {
    this.made.push(call)
    const index = this.#faults.findIndex((armed) => armed.call === call)
    const [armed] = index < 0 ? [] : this.#faults.splice(index, 1)
    const fault = armed?.fault
    await this.#pause()
    if (signal.aborted) throw abortError()
    if (this.isDown) throw goneError('ECONNREFUSED')
    if (fault?.kind === 'fail') throw fault.error
    if (fault?.kind === 'hang') return never(signal)
    const result = work()
    await this.#pause()
    if (signal.aborted) throw abortError()
    if (fault?.kind === 'lose-reply') throw goneError('ECONNRESET')
    if (fault?.kind === 'hang-after') return never(signal)
    return result
  }
}

async function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(abortError()), { once: true })
  })
}
