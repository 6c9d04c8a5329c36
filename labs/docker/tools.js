import { rmSync } from 'node:fs'
import { sh } from '../lib/sh.js'

/**
 * @param {string} socket
 * @param {readonly string[]} args
 * @param {AbortSignal} [signal]
 */
export async function docker(socket, args, signal) {
  return sh('docker', ['-H', `unix://${socket}`, ...args], signal === undefined ? {} : { signal })
}

/**
 * Hands images of one engine to another.
 *
 * @param {string} from
 * @param {string} to
 * @param {{ images: readonly string[], archive: string, signal: AbortSignal }} given - `archive`: a file for the time between
 */
export async function giveImages(from, to, { images, archive, signal }) {
  try {
    await docker(from, ['save', '-o', archive, ...images], signal)
    await docker(to, ['load', '-i', archive], signal)
  } finally {
    rmSync(archive, { force: true })
  }
}
