import { fork } from 'node:child_process'
import { once } from 'node:events'

/**
 * Starts one of the programs of this bench and waits for what it has to say first.
 *
 * @param {string} file - beside this one
 * @param {readonly (string | number)[]} [args]
 * @returns {Promise<{ said: Record<string, number>, stop: () => Promise<void> }>}
 */
export async function startProgram(file, args = []) {
  const child = fork(new URL(file, import.meta.url), args.map(String))
  const ended = once(child, 'exit')
  const said = await Promise.race([
    once(child, 'message').then(([message]) => message),
    ended.then(([code]) => Promise.reject(new Error(`${file} ended with code ${code}`))),
  ])
  const stop = async () => {
    if (child.connected) child.disconnect()
    await ended
  }
  return { said, stop }
}
