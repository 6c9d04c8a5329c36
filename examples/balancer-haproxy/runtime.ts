// #region ask
import { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { FlotillaError, systemClock } from '@flotilla/core'
import { messageOf, withDeadline } from '@flotilla/core/authoring'

/** One command of HAProxy's runtime API, and what it answered. Tests bring another. */
export type Ask = (command: string, signal: AbortSignal) => Promise<string>

/** Over HAProxy's own socket, a connection for each command, as it closes it after its answer. */
export function runtimeAt(path: string, timeoutMs: number): Ask {
  return async (command, signal) => {
    const what = `tell HAProxy at ${path}: ${command}`
    try {
      return await withDeadline(
        async (bound) => {
          const socket = new Socket({ signal: bound }).connect(path)
          // Each message then begins with its severity, as in syslog: 3 is an error.
          socket.end(`set severity-output number; ${command}\n`)
          return answerOf(what, await text(socket))
        },
        { clock: systemClock, timeoutMs, what, signal },
      )
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof FlotillaError) throw error
      throw new FlotillaError('unavailable', `${what}: ${messageOf(error)}`, { cause: error })
    }
  }
}

function answerOf(what: string, answer: string): string {
  const [, severity, words = ''] = /^\[(\d)\]:(.*)/m.exec(answer) ?? []
  if (severity === undefined || Number(severity) > 3) return answer
  throw new FlotillaError('conflict', `${what}: ${words}`, { cause: new Error(words) })
}
// #endregion
