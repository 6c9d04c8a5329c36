import { FlotillaError, messageOf, type ErrorCode } from '../errors.js'

/** Options of `systemFailure()`. */
export interface SystemFailureOptions {
  /** Codes for what the system answered, by its own (`EMFILE`), where they are others than the usual. */
  readonly codes?: Readonly<Record<string, ErrorCode>> | undefined
  /** What a person may want to know beside, by the system's code; it ends the message. */
  readonly hints?: Readonly<Record<string, string>> | undefined
}

const usualCodes: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  EROFS: 'permission-denied',
}

const usualHints: Readonly<Record<string, string>> = {
  ENOSPC: ' (the disk is full)',
  EDQUOT: ' (the disk is full)',
}

/**
 * The error for a failed file operation or system call: `permission-denied`, or `unavailable`, as most that is full, gone
 * or busy may be better later; `unknown` for what is no error of the system. One of ours is given back as it is.
 *
 * @param attempted - with the path: `save state of group web to /var/lib/flotilla/web.json`
 */
export function systemFailure(
  attempted: string,
  thrown: unknown,
  { codes, hints }: SystemFailureOptions = {},
): FlotillaError {
  if (thrown instanceof FlotillaError) return thrown
  const errno = errnoOf(thrown)
  const code = errno === undefined ? 'unknown' : (codes?.[errno] ?? usualCodes[errno] ?? 'unavailable')
  const hint = errno === undefined ? '' : (hints?.[errno] ?? usualHints[errno] ?? '')
  return new FlotillaError(code, `${attempted}: ${messageOf(thrown)}${hint}`, { cause: thrown })
}

/** The system's own code of an error, such as `ENOENT`. */
export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined
}

/** What was read, or undefined when there is no such file. */
export async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
    throw error
  }
}
