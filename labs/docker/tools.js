import { sh } from '../lib/sh.js'

/**
 * @param {string} socket
 * @param {readonly string[]} args
 * @param {AbortSignal} [signal]
 */
export async function docker(socket, args, signal) {
  return sh('docker', ['-H', `unix://${socket}`, ...args], signal === undefined ? {} : { signal })
}
