import { FlotillaError, type ErrorCode } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import { lastWords, nginxWords } from './words.js'

/** Nginx read the configuration and would not have it. */
export class ConfigRefused extends FlotillaError {
  constructor(attempted: string, output: string, configFile: string) {
    const words = nginxWords(output)
    const code = refusalCode(words, configFile)
    super(code, `${attempted}: ${words ?? `nginx refused it: ${lastWords(output)}`}`)
  }
}

function refusalCode(words: string | undefined, configFile: string): ErrorCode {
  if (words === undefined) return 'unavailable'
  if (/\(13: Permission denied\)|\(1: Operation not permitted\)/.test(words)) return 'permission-denied'
  // A name that does not resolve now may resolve later; what is wrong in another file is not in what we were given.
  if (words.includes('host not found') || !words.includes(`in ${configFile}:`)) return 'unavailable'
  return 'invalid-options'
}

/** It is known that Nginx does not run, or is not there: nobody is served. */
export class NotRunning extends FlotillaError {}

/** The error for a failed file operation or system call. */
export function systemFailure(attempted: string, thrown: unknown): FlotillaError {
  if (thrown instanceof FlotillaError) return thrown
  const code = errnoOf(thrown)
  return new FlotillaError(systemCode(code), `${attempted}: ${messageOf(thrown)}${systemHint(code)}`, {
    cause: thrown,
  })
}

/** The system's own code of an error, such as `ENOENT`. */
export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined
}

/** What a text of the system or of a command says went wrong, as one of our codes. */
export function codeOfText(text: string): ErrorCode {
  return /permission denied|operation not permitted|read-only/i.test(text)
    ? 'permission-denied'
    : 'unavailable'
}

function systemCode(errno: string | undefined): ErrorCode {
  switch (errno) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'permission-denied'
    case undefined:
      return 'unknown'
    default:
      // Full, gone, busy, too many open files: it may be better later.
      return 'unavailable'
  }
}

function systemHint(errno: string | undefined): string {
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return ' (the disk is full)'
  if (errno === 'EBUSY') return ` ${busyHint}`
  return ''
}

/** What is behind it when a file cannot be replaced because it is busy. */
export const busyHint = '(a file mounted by itself cannot be replaced: mount its directory)'
