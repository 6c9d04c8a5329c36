import { PendingCall, type CallBound } from './pending-call.js'

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
