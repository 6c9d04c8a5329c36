import { docker } from '../../../labs/docker/tools.js'
import { node } from '../../lib/docker-lab.js'

/** What the observer and the operators of this world use of Docker: its command line. */

/** @param {...string} args */
export const cli = async (...args) => (await docker(node.socket, args, AbortSignal.timeout(60_000))).trim()

/**
 * A command of which it does not matter whether there is still anything to do.
 *
 * @param {...string} args
 */
export const attempt = async (...args) => cli(...args).catch(() => '')

/** @typedef {{ id: string, name: string, state: string, group: string }} Row */

/**
 * Every container there is, whosever and in whatever state.
 *
 * @returns {Promise<readonly Row[]>}
 */
export async function everyContainer() {
  const format = '{{.ID}}\t{{.Names}}\t{{.State}}\t{{.Label "flotilla.group"}}'
  const text = await cli('ps', '-a', '--no-trunc', '--format', format)
  return linesOf(text).map((line) => {
    const [id = '', name = '', state = '', group = ''] = line.split('\t')
    return { id, name, state, group }
  })
}

/** @param {string} text */
export const linesOf = (text) => text.split('\n').filter(Boolean)
