import { setMaxListeners } from 'node:events'
import { sharedSignal } from '../async/shared-signal.js'
import { untilAborted } from '../async/until-aborted.js'
import { FlotillaError } from '../errors.js'

/**
 * Stands before every call of a backend or balancer: refuses calls after `close`, and gives each call a signal that any
 * number of listeners may share.
 */
export class CallGuard {
  readonly #name: string
  readonly #closing = new AbortController()

  /** @param name - for the error of a call that comes too late, such as `docker` */
  constructor(name: string) {
    this.#name = name
    // Every call under way may listen to it: that is no leak.
    setMaxListeners(0, this.#closing.signal)
  }

  /** Aborts at `close`, with a FlotillaError `closed`: for work that must end with the backend. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** @throws FlotillaError `closed` after `close` */
  assertOpen(): void {
    if (this.#closing.signal.aborted) throw new FlotillaError('closed', `${this.#name}: used after close()`)
  }

  /**
   * Begins a call. The signal that it returns aborts as the caller's does.
   *
   * @throws FlotillaError `closed` after `close`; the signal's reason when it has aborted
   */
  begin(signal: AbortSignal): AbortSignal {
    this.assertOpen()
    signal.throwIfAborted()
    return sharedSignal(signal)
  }

  /**
   * Runs a call that its caller may give up at any moment. Work that pays no heed to its signal goes on alone.
   *
   * @throws as `begin` does, and what `work` throws
   */
  async run<T>(signal: AbortSignal, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
    const shared = this.begin(signal)
    return untilAborted(async () => work(shared), shared)
  }

  /**
   * The signal of a watch: aborts with the caller's, or at `close`.
   *
   * @throws FlotillaError `closed` after `close`
   */
  untilClosed(signal: AbortSignal): AbortSignal {
    this.assertOpen()
    const either = AbortSignal.any([signal, this.#closing.signal])
    setMaxListeners(0, either)
    return either
  }

  /** Refuses every call from now on. May be called twice. */
  close(): void {
    this.#closing.abort(new FlotillaError('closed', `${this.#name} was closed`))
  }
}
