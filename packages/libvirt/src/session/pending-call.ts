import { timedOut } from '../libvirt-error.js'
import { onAbort } from './on-abort.js'

export interface CallBound {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs: number
}

export interface CallName {
  readonly name: string
  readonly number: number
}

/** One call that waits for its reply; settles once, by reply, error, deadline or abort. */
export class PendingCall<T> {
  readonly call: CallName
  readonly promise: Promise<T>
  readonly #timer: NodeJS.Timeout
  readonly #unlisten: (() => void) | undefined
  #resolve: (value: T) => void = () => {}
  #reject: (reason: unknown) => void = () => {}

  /** @param giveUp - called when deadline or abort come first */
  constructor(call: CallName, { signal, timeoutMs }: CallBound, giveUp: () => void) {
    this.call = call
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#timer = setTimeout(() => {
      giveUp()
      this.reject(timedOut(call.name, timeoutMs))
    }, timeoutMs)
    this.#unlisten =
      signal &&
      onAbort(signal, () => {
        giveUp()
        this.reject(signal.reason)
      })
  }

  resolve(value: T): void {
    this.#settle()
    this.#resolve(value)
  }

  reject(reason: unknown): void {
    this.#settle()
    this.#reject(reason)
  }

  #settle(): void {
    clearTimeout(this.#timer)
    this.#unlisten?.()
  }
}

/** The promise's outcome, unless the bound comes first. */
export function within<T>(promise: Promise<T>, what: string, bound: CallBound): Promise<T> {
  if (bound.signal?.aborted === true) return Promise.reject(bound.signal.reason)
  const pending = new PendingCall<T>({ name: what, number: 0 }, bound, () => {})
  promise.then(
    (value) => pending.resolve(value),
    (error: unknown) => pending.reject(error),
  )
  return pending.promise
}
