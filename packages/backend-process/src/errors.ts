import { FlotillaError, type ErrorCode } from '@flotilla/core'
import { errnoOf, messageOf, systemFailure } from '@flotilla/core/authoring'

const codes: Readonly<Record<string, ErrorCode>> = {
  EDQUOT: 'quota-exceeded',
  ENOSPC: 'no-capacity',
  EMFILE: 'no-capacity',
  ENFILE: 'no-capacity',
  EAGAIN: 'no-capacity',
  ENOMEM: 'no-capacity',
}

/** What the operating system answered, as ours: a host that is full has no room for a launch. */
export function fromSystem(cause: unknown, attempted: string): FlotillaError {
  return systemFailure(attempted, cause, { codes })
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
  const code = errnoOf(cause)
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
