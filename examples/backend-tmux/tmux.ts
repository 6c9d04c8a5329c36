// #region ask
import { FlotillaError, type ErrorCode } from '@flotilla/core'
import { runCommand } from '@flotilla/core/authoring'

/** One command of tmux, and what it printed; `what` is for errors: `launch web_1`. */
export type Ask = (args: readonly string[], what: string, signal: AbortSignal) => Promise<string>

/** The tmux server of a socket: begun by its first session, and over with its last. */
export function tmuxAt(socket: string, timeoutMs: number, run: typeof runCommand = runCommand): Ask {
  return async (args, what, signal) => {
    // Without the user's configuration, which might rename sessions.
    const argv = ['tmux', '-L', socket, '-f', '/dev/null', ...args]
    const { exitCode, stdout, stderr } = await run(argv, { attempted: what, timeoutMs, signal })
    if (exitCode === 0) return stdout
    const said = stderr.trim()
    throw new FlotillaError(codeOf(said), `${what}: tmux said: ${said}`, { cause: new Error(said) })
  }
}

function codeOf(said: string): ErrorCode {
  if (said.startsWith('duplicate session')) return 'conflict'
  // The server ends with its last session, also while it is asked.
  if (/^can't find|^no server running|^server exited|^lost server|No such file or directory\)$/.test(said))
    return 'not-found'
  if (/permission denied/i.test(said)) return 'permission-denied'
  return /fork failed/.test(said) ? 'no-capacity' : 'unknown'
}

/** For `catch`: there is no such session, or no server, as there is no session at all. */
export function unlessNotFound(error: unknown): string {
  if (!(error instanceof FlotillaError) || error.code !== 'not-found') throw error
  return ''
}
// #endregion

// #region panes
/** A pane, with what its labels say: nothing, when somebody else made it. */
export interface Pane {
  readonly group: string
  readonly token: string
  readonly templateHash: string
  readonly createdAt: number
  readonly pid: number
  /** Why its program has ended; undefined while it runs. */
  readonly ending: string | undefined
  readonly session: string
}

/** The labels are options of the pane. None of these has a space in it but the last. */
const fields = ['@flotilla_group', '@flotilla_token', '@flotilla_template', 'session_created', 'pane_pid']
const endings = ['pane_dead', 'pane_dead_status', 'pane_dead_signal', 'session_name']
const format = [...fields, ...endings].map((field) => `#{${field}}`).join(' ')

export async function panesOf(ask: Ask, what: string, signal: AbortSignal): Promise<readonly Pane[]> {
  const text = await ask(['list-panes', '-a', '-F', format], what, signal).catch(unlessNotFound)
  return text.split('\n').filter(Boolean).map(paneOf)
}

function paneOf(line: string): Pane {
  const [group = '', token = '', templateHash = '', created, pid, dead, code, by, ...name] = line.split(' ')
  const ending = by ? `ended by signal ${by}` : `exited with code ${code}`
  const numbers = { createdAt: Number(created) * 1000, pid: Number(pid) }
  return {
    group,
    token,
    templateHash,
    session: name.join(' '),
    ...numbers,
    ending: dead === '1' ? ending : undefined,
  }
}
// #endregion
