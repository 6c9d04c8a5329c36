import assert from 'node:assert/strict'
import { FlotillaError, type ErrorCode } from '../../errors.js'

/** How a promise settled. */
export type Outcome<T> =
  | { readonly kind: 'resolved'; readonly value: T }
  | { readonly kind: 'rejected'; readonly error: unknown }

/** Never rejects, so that a call may be started now and looked at later. */
export async function outcomeOf<T>(promise: Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'resolved', value: await promise }
  } catch (error) {
    return { kind: 'rejected', error }
  }
}

/** The same promise, for one that is started now and awaited later: rejecting in between it is not unhandled. */
export function started<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** Asserts a rejection with exactly this value: an abort keeps the signal's own reason. */
export function assertReason(what: string, outcome: Outcome<unknown>, reason: unknown): void {
  assert.ok(outcome.kind === 'rejected', `${what} should reject with the signal's reason, but resolved`)
  assert.equal(outcome.error, reason, `${what} should reject with the signal's own reason`)
}

/** Asserts a rejection with one of our errors, of this code if given. */
export function assertCode(what: string, outcome: Outcome<unknown>, code?: ErrorCode): FlotillaError {
  assert.ok(outcome.kind === 'rejected', `${what} should reject with ${code ?? 'an error'}, but resolved`)
  return assertFlotillaError(what, outcome.error, code)
}

/** Asserts that something thrown is one of our errors, of this code if given. */
export function assertFlotillaError(what: string, error: unknown, code?: ErrorCode): FlotillaError {
  assert.ok(error instanceof FlotillaError, `${what} should fail with a FlotillaError, got ${String(error)}`)
  if (code !== undefined) assert.equal(error.code, code, `${what} should fail with ${code}: ${error.message}`)
  assert.notEqual(error.message.trim(), '', `${what} should say what went wrong`)
  return error
}

/** Asserts that the vendor's own error is kept whole below ours, which was made of it once. */
export function assertTranslatedOnce(what: string, error: unknown): void {
  const { cause } = assertFlotillaError(what, error)
  assert.notEqual(cause, undefined, `${what} should keep the vendor's own error as its cause`)
  assert.ok(!(cause instanceof FlotillaError), `${what} should be translated once, but its cause is ours too`)
}
