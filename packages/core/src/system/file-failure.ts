import { FlotillaError, messageOf, type ErrorCode } from '../errors.js'

/**
 * The error for a failed file operation.
 *
 * @param attempted - with the path: `save state of group web to /var/lib/flotilla/web.json`
 */
export function fileFailure(attempted: string, thrown: unknown): FlotillaError {
  if (thrown instanceof FlotillaError) return thrown
  const code = errnoOf(thrown)
  const hint = code === 'ENOSPC' || code === 'EDQUOT' ? ' (the disk is full)' : ''
  return new FlotillaError(codeOf(code), `${attempted}: ${messageOf(thrown)}${hint}`, { cause: thrown })
}

/** The system's own code of an error, such as `ENOENT`. */
export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined
}

function codeOf(errno: string | undefined): ErrorCode {
  switch (errno) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'permission-denied'
    case undefined:
      return 'unknown'
    default:
      // Full, gone, not a directory, too many open files, failing: it may be better later.
      return 'unavailable'
  }
}
