import { messageOf } from '../errors.js'

/**
 * Why a connection failed, in one line: `connect ECONNREFUSED 127.0.0.1:80`. Node's own message is empty when a name
 * resolved to several addresses and each failed; here they are all named.
 */
export function networkReason(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    return [...new Set(thrown.errors.map(networkReason))].join(', ')
  }
  const message = messageOf(thrown)
  if (message !== '') return message
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'connection failed'
}
