interface Waiting {
  readonly callbacks: Set<() => void>
  readonly tell: () => void
}

const waitingFor = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls back when the signal aborts. However many wait for one signal, it has one listener: a poll of a hundred domains
 * under one deadline would otherwise be slower, and make Node warn of a leak.
 *
 * @returns takes the callback away, and with the last one the listener
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, tell } = waitingFor.get(signal) ?? listen(signal)
  callbacks.add(callback)
  return () => {
    callbacks.delete(callback)
    if (callbacks.size > 0) return
    signal.removeEventListener('abort', tell)
    if (waitingFor.get(signal)?.tell === tell) waitingFor.delete(signal)
  }
}

function listen(signal: AbortSignal): Waiting {
  const callbacks = new Set<() => void>()
  const tell = (): void => {
    for (const callback of callbacks) callback()
  }
  const waiting = { callbacks, tell }
  waitingFor.set(signal, waiting)
  signal.addEventListener('abort', tell, { once: true })
  return waiting
}
