import { sh } from '../lib/sh.js'

/**
 * @param {string} uri
 * @param {readonly string[]} args
 * @param {AbortSignal} [signal]
 */
export async function virsh(uri, args, signal) {
  return sh('virsh', ['-c', uri, ...args], signal === undefined ? {} : { signal })
}
