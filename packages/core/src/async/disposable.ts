/** What is closed when it is no longer needed. */
export interface Closable {
  /** May be called twice. */
  close(): Promise<void>
}

/** The same object; `await using` closes it at the end of its block. */
export function disposable<T extends Closable>(closable: T): T & AsyncDisposable {
  Object.defineProperty(closable, Symbol.asyncDispose, {
    value: async (): Promise<void> => closable.close(),
    configurable: true,
    writable: true,
  })
  return closable as T & AsyncDisposable
}
