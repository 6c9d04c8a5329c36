/** A signal that never aborts. */
export const forever = (): AbortSignal => new AbortController().signal
