import { setMaxListeners } from 'node:events'

/** Aborts as this one does, and may have any number of listeners: Node warns of a leak at more than ten. */
export function sharedSignal(signal: AbortSignal): AbortSignal {
  const shared = AbortSignal.any([signal])
  setMaxListeners(0, shared)
  return shared
}
