import { FlotillaError, messageOf, type ErrorCode } from '@flotilla/core'
import { codeOfText, errnoOf } from '../errors.js'

/** The HTTP status that the engine answered; undefined when it did not answer. */
export function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number'
    ? thrown.statusCode
    : undefined
}

/** The error for a failed call of Docker's API. */
export function dockerFailure(attempted: string, thrown: unknown): FlotillaError {
  if (thrown instanceof FlotillaError) return thrown
  const message = engineMessage(thrown)
  return new FlotillaError(codeOf(thrown, message), `${attempted}: ${message}`, { cause: thrown })
}

/** The engine's own words: dockerode puts a guess before them, which may name the wrong thing. */
function engineMessage(thrown: unknown): string {
  const body = thrown instanceof Error && 'json' in thrown ? thrown.json : undefined
  const said =
    typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'
      ? body.message
      : messageOf(thrown)
  return said.trim() === '' ? 'the connection failed' : said.trim()
}

function codeOf(thrown: unknown, message: string): ErrorCode {
  switch (statusOf(thrown)) {
    case undefined:
      return networkCode(errnoOf(thrown))
    case 401:
    case 403:
      return 'permission-denied'
    case 404:
      return 'not-found'
    default:
      // 409 says that the container does not run or is paused; 500 says why in words only.
      return codeOfText(message)
  }
}

function networkCode(errno: string | undefined): ErrorCode {
  return errno === 'EACCES' || errno === 'EPERM' ? 'permission-denied' : 'unavailable'
}
