/** More than this waiting for a slow reader is no more news than the last of it. */
const defaultMost = 1000

/** Options of `new BoundedQueue()`. */
export interface BoundedQueueOptions {
  /** How many wait at the most: of more, the oldest are forgotten. Default 1000. */
  readonly most?: number | undefined
  /** Ends the queue when it aborts: what still waits is not read any more. */
  readonly signal?: AbortSignal | undefined
  /** Called once, when the queue has ended or its reader has left. */
  readonly onEnd?: (() => void) | undefined
}

/**
 * What writers that never wait have for one reader that may be slow: changes of a group, events of a daemon. Read it with
 * `for await`.
 */
export class BoundedQueue<T> implements AsyncIterableIterator<T> {
  readonly #most: number
  readonly #signal: AbortSignal | undefined
  readonly #onEnd: (() => void) | undefined
  #waiting: T[] = []
  #end: { readonly error?: unknown; readonly isFailure: boolean } | undefined
  #wake: (() => void) | undefined

  constructor({ most = defaultMost, signal, onEnd }: BoundedQueueOptions = {}) {
    this.#most = most
    this.#signal = signal
    this.#onEnd = onEnd
    if (signal?.aborted === true) this.#stop()
    else signal?.addEventListener('abort', this.#stop, { once: true })
  }

  /** Adds an item; after the end it is dropped. */
  push(item: T): void {
    if (this.#end !== undefined) return
    this.#waiting.push(item)
    if (this.#waiting.length > this.#most) this.#waiting.shift()
    this.#wake?.()
  }

  /** No more will come. What waits is still read. */
  end(): void {
    this.#finish({ isFailure: false })
  }

  /** As `end`; when all that waits has been read, the reader is thrown this error. */
  fail(error: unknown): void {
    this.#finish({ isFailure: true, error })
  }

  /** The next item. One reader at a time may ask. */
  async next(): Promise<IteratorResult<T, void>> {
    for (;;) {
      if (this.#waiting.length > 0) return { done: false, value: this.#waiting.shift() as T }
      if (this.#end !== undefined) {
        const { isFailure, error } = this.#end
        // It is thrown once, as a generator would.
        this.#end = { isFailure: false }
        if (isFailure) throw error
        return { done: true, value: undefined }
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The reader leaves. */
  async return(): Promise<IteratorResult<T, void>> {
    this.#stop()
    return { done: true, value: undefined }
  }

  /** The queue itself. */
  [Symbol.asyncIterator](): this {
    return this
  }

  readonly #stop = (): void => {
    this.#waiting = []
    this.end()
  }

  #finish(end: { readonly error?: unknown; readonly isFailure: boolean }): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#signal?.removeEventListener('abort', this.#stop)
    this.#wake?.()
    this.#onEnd?.()
  }
}
