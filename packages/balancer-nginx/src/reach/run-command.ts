import { FlotillaError } from '@flotilla/core'
import { execa } from 'execa'
import { systemFailure } from '../errors.js'

export interface CommandOptions {
  /** For errors: `nginx -t`. */
  readonly attempted: string
  /** Given on stdin; else stdin is empty. */
  readonly input?: string | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** More than this is not kept; a whole configuration of thousands of servers fits. */
const longestOutputBytes = 32 * 2 ** 20

/**
 * Runs a program with these arguments, without a shell, and gives what it said, whatever its exit code.
 *
 * @throws FlotillaError `unavailable` when it cannot be started or was killed, `permission-denied`, `timeout`; the
 *   signal's own reason
 */
export async function runCommand(
  argv: readonly string[],
  { attempted, input = '', timeoutMs, signal }: CommandOptions,
): Promise<CommandResult> {
  signal.throwIfAborted()
  const [program = '', ...args] = argv
  const result = await execa(program, args, {
    reject: false,
    input,
    // Messages are read by words, which must not depend on the caller's language.
    env: { LC_ALL: 'C' },
    timeout: timeoutMs,
    cancelSignal: signal,
    forceKillAfterDelay: 1000,
    maxBuffer: longestOutputBytes,
    stripFinalNewline: false,
  })
  if (signal.aborted) throw signal.reason
  if (result.timedOut) throw new FlotillaError('timeout', `${attempted}: no answer within ${timeoutMs} ms`)
  const { exitCode, stdout, stderr } = result
  if (exitCode !== undefined && !result.isMaxBuffer) return { exitCode, stdout, stderr }
  if (result.code === 'ENOENT') {
    const message = `${attempted}: there is no program ${program}`
    throw new FlotillaError('unavailable', message, { cause: result })
  }
  if (result.signal !== undefined) {
    const message = `${attempted}: it was ended by ${result.signal}`
    throw new FlotillaError('unavailable', message, { cause: result })
  }
  throw systemFailure(attempted, result.cause ?? result)
}
