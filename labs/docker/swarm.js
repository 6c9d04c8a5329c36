import { docker } from './tools.js'

/** @import { Node } from './places.js' */

/**
 * Makes a swarm of the two engines. Does nothing when they are one.
 *
 * @param {Node} main
 * @param {Node} second
 * @param {AbortSignal} signal
 */
export async function joinSwarm(main, second, signal) {
  const state = async (/** @type {Node} */ node) =>
    (await docker(node.socket, ['info', '--format', '{{.Swarm.LocalNodeState}}'], signal)).trim()
  if ((await state(main)) !== 'active') {
    const args = ['swarm', 'init', '--advertise-addr', main.address, '--listen-addr', `${main.address}:2377`]
    await docker(main.socket, args, signal)
  }
  if ((await state(second)) === 'active') return
  const token = (await docker(main.socket, ['swarm', 'join-token', '-q', 'worker'], signal)).trim()
  const args = ['swarm', 'join', '--token', token, '--advertise-addr', second.address, `${main.address}:2377`]
  await docker(second.socket, args, signal)
}
