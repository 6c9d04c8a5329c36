// #region options
import { FlotillaError, systemClock, type Backend, type Instance, type LaunchRequest } from '@flotilla/core'
import * as author from '@flotilla/core/authoring'
import * as v from 'valibot'
import { panesOf, tmuxAt, unlessNotFound, type Pane } from './tmux.js'

/** How sessions are made. */
export interface TmuxOptions {
  /** The program and its arguments; tmux gives one without arguments to the shell. */
  readonly command: readonly [string, ...string[]]
  /** Of the server: `tmux -L flotilla attach` shows its sessions. Default `flotilla`. */
  readonly socket?: string | undefined
  /** From SIGTERM to SIGKILL, milliseconds; default 5,000. */
  readonly graceMs?: number | undefined
  /** Bound of one command of tmux, milliseconds; default 10,000. */
  readonly timeoutMs?: number | undefined
}

const schema = v.strictObject({
  command: v.tupleWithRest([author.check.text()], v.string('a string')),
  socket: v.optional(author.check.name(), 'flotilla'),
  graceMs: v.optional(author.check.milliseconds(), 5000),
  timeoutMs: v.optional(author.check.milliseconds(1), 10_000),
})
// #endregion

// #region begin
/**
 * Instances that are sessions of tmux on this host: programs that one can attach to and watch.
 *
 * @param run - runs tmux; for tests
 * @throws FlotillaError `invalid-options`
 */
export function tmux(options: TmuxOptions, run?: typeof author.runCommand): Backend {
  const { command, socket, graceMs, timeoutMs } = author.checkOptions('tmux', schema, options)
  const templateHash = author.templateHash({ command })
  const ask = tmuxAt(socket, timeoutMs, run)
  const guard = new author.CallGuard('tmux')
  // #endregion

  // #region new-session
  /** One line, which tmux carries out whole: no controller can die between the session and its labels. */
  function newSession(session: string, { group, token }: LaunchRequest): readonly string[] {
    const target = ['-t', `=${session}:`]
    const labels = Object.entries({ group, token, template: templateHash })
    const create = ['new-session', '-d', '-s', session, ...command.map(quoted)]
    const keep = [';', 'set-option', '-w', ...target, 'remain-on-exit', 'on']
    const label = labels.flatMap(([key, value]) => [
      ';',
      'set-option',
      '-p',
      ...target,
      `@flotilla_${key}`,
      value,
    ])
    return [...create, ...keep, ...label]
  }
  // #endregion

  // #region end
  async function end(group: string, id: string, signal: AbortSignal): Promise<void> {
    const what = `terminate ${id}`
    const graceEndsMs = systemClock.monotonic() + graceMs
    for (let isAsked = false; ; isAsked = true) {
      const panes = (await panesOf(ask, what, signal)).filter(({ session }) => session === id)
      const pane = panes.find((one) => one.group === group)
      if (panes.length === 0) return
      if (pane === undefined) throw new FlotillaError('not-owned', `${what}: it is not of group ${group}`)
      if (pane.ending !== undefined) break
      if (systemClock.monotonic() >= graceEndsMs) signalAll(pane, 'SIGKILL')
      else if (!isAsked) signalAll(pane, 'SIGTERM')
      await systemClock.sleep(20, { signal })
    }
    // Up to here the session stood and `list` showed it, also to a controller that was started in between.
    await ask(['kill-session', '-t', `=${id}`], what, signal).catch(unlessNotFound)
  }
  // #endregion

  return {
    // #region supports
    name: 'tmux',
    supports: { usage: false, watch: false, chooseVictim: true },
    scope: `${process.getuid?.()}:${socket}`,
    templateHash,
    // #endregion

    // #region list
    async list(group, { signal }) {
      author.checkGroup('list', group)
      const panes = await panesOf(ask, `list group ${group}`, guard.begin(signal))
      return panes.filter((pane) => pane.group === group).map(toInstance)
    },
    // #endregion

    // #region launch
    async launch(request, { signal: given }) {
      const { group, token } = author.checkLaunch(request)
      const signal = guard.begin(given)
      const session = `${group}_${token}`
      const what = `launch ${session}`
      await ask(newSession(session, { group, token }), what, signal).catch((error: unknown) => {
        // There is a session of this name: ours, if the answer to an earlier launch was lost.
        if (!(error instanceof FlotillaError) || error.code !== 'conflict') throw error
      })
      const made = (await panesOf(ask, what, signal)).find(
        (one) => one.group === group && one.token === token,
      )
      if (made !== undefined) return toInstance(made)
      throw new FlotillaError('conflict', `${what}: the session of that name is not ours; rename it`)
    },
    // #endregion

    // #region terminate
    async terminate(group, ids, { signal: given }) {
      author.checkGroup('terminate', group)
      const signal = guard.begin(given)
      return author.batchReport(ids, { what: 'terminate', signal }, async (id) => end(group, id, signal))
    },
    // #endregion

    // #region rest
    async lastOutput({ id }, { signal }) {
      const screen = ['capture-pane', '-p', '-S', '-100', '-t', `=${id}:`]
      const reading = ask(screen, `read the output of ${id}`, guard.begin(signal))
      return author.lastLines(await reading.catch(unlessNotFound))
    },
    async close() {
      guard.close()
    },
    // #endregion
  }
}

// #region instance
function toInstance({ session, group, token, createdAt, templateHash, ending }: Pane): Instance {
  const status = ending === undefined ? 'running' : 'stopped'
  return { id: session, name: session, group, token, status, statusReason: ending, createdAt, templateHash }
}
// #endregion

// #region helpers
/** For tmux, an argument that ends in `;` ends the command. */
const quoted = (argument: string): string => argument.replace(/;$/, '\\;')

/** To the program, and to the children that stayed in its process group. */
function signalAll({ pid }: Pane, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name)
  } catch {
    // It has ended in between; the next look says so.
  }
}
// #endregion
