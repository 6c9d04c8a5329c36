import { FlotillaError, type ErrorCode } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'

/** The code that Node gives an error of the operating system (`ENOENT`), if it is one. */
export function systemCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined
}

/** What was read, or undefined when there is no such file. */
export async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

/** What the operating system answered, as ours. */
export function fromSystem(cause: unknown, attempted: string, hint: string = ''): FlotillaError {
  if (cause instanceof FlotillaError) return cause
  const text = `${attempted}: ${messageOf(cause)}${hint === '' ? '' : `; ${hint}`}`
  return new FlotillaError(codeOf(systemCode(cause)), text, { cause })
}

function codeOf(code: string | undefined): ErrorCode {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'permission-denied'
    case 'EDQUOT':
      return 'quota-exceeded'
    case 'ENOSPC':
    case 'EMFILE':
    case 'ENFILE':
    case 'EAGAIN':
    case 'ENOMEM':
      return 'no-capacity'
    case undefined:
      return 'unknown'
    default:
      return 'unavailable'
  }
}

/** What was to be started, for the error that says why it was not. */
export interface SpawnAttempt {
  readonly instance: string
  readonly executable: string
  readonly cwd: string
  /** Whether `cwd` is a directory: the system reports a missing one as if the command were missing. */
  readonly hasCwd: boolean
}

/** A line of a shell is no command: no shell reads it. */
function hintOf(executable: string): string {
  const [program = '', ...args] = executable.trim().split(/\s+/)
  return args.length === 0 ? '' : `; give arguments apart: command: ['${program}', …]`
}

/** Why a command could not be started: mostly a template that no retry will mend. */
export function fromSpawn(cause: unknown, attempt: SpawnAttempt): FlotillaError {
  const { instance, executable, cwd, hasCwd } = attempt
  const code = systemCode(cause)
  const attempted = `launch ${instance}: start "${executable}" in ${cwd}`
  const refused = (why: string): FlotillaError =>
    new FlotillaError('invalid-template', `${attempted}: ${why}`, { cause })
  if (!hasCwd) return refused('the working directory does not exist, or is not a directory')
  switch (code) {
    case 'ENOENT':
      return refused(
        (executable.includes('/')
          ? 'the command does not exist, or the interpreter that its first line names does not'
          : 'the command is not in PATH') + hintOf(executable),
      )
    case 'EACCES':
      return refused(
        executable.includes('/')
          ? 'the command is not executable by this user'
          : 'no command of this name in PATH is executable by this user, or a directory of PATH is closed to it',
      )
    case 'ENOEXEC':
      return refused('the command is neither a program for this system nor a script with a #! line')
    case 'E2BIG':
      return refused('its arguments and environment are longer than the system takes')
    case 'ENOTDIR':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return refused(messageOf(cause))
    case 'EAGAIN':
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOMEM':
      return new FlotillaError('no-capacity', `${attempted}: the host has no room: ${messageOf(cause)}`, {
        cause,
      })
    case undefined:
    default:
      return new FlotillaError('launch-failed', `${attempted}: ${messageOf(cause)}`, { cause })
  }
}
