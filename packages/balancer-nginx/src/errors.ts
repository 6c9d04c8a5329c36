import { FlotillaError, type ErrorCode } from '@flotilla/core'
import { systemFailure as systemFailureOf } from '@flotilla/core/authoring'
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
  return systemFailureOf(attempted, thrown, { hints: { EBUSY: ` ${busyHint}` } })
}

/** What a text of the system or of a command says went wrong, as one of our codes. */
export function codeOfText(text: string): ErrorCode {
  return /permission denied|operation not permitted|read-only/i.test(text)
    ? 'permission-denied'
    : 'unavailable'
}

/** Why a file is busy when it cannot be replaced. */
export const busyHint = '(a file mounted by itself cannot be replaced: mount its directory)'
