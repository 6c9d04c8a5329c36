import { existsSync } from 'node:fs'
import { runCommand } from '../../scripts/lib/run-command.js'
import { sh } from './sh.js'

/**
 * @typedef {object} Namespace
 * @property {string} namespace - its name
 * @property {string} namespacePath
 */

/**
 * A network namespace with its own loopback.
 *
 * @param {Namespace} place
 * @param {AbortSignal} signal
 */
export async function addNamespace({ namespace, namespacePath }, signal) {
  if (existsSync(namespacePath)) return
  await sh('ip', ['netns', 'add', namespace], { signal })
  await sh('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'], { signal })
}

/**
 * A pair of virtual cables between two namespaces, unless there is one.
 *
 * @typedef {{ namespace: string, address: string }} CableEnd
 *
 * @param {CableEnd} one
 * @param {CableEnd} other
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether it was laid now
 */
export async function layCable(one, other, signal) {
  const { ok } = await runCommand('ip', ['-n', one.namespace, 'link', 'show', 'lab0'], { timeoutMs: 10_000 })
  if (ok) return false
  const far = ['type', 'veth', 'peer', 'name', 'lab0', 'netns', other.namespace]
  await sh('ip', ['link', 'add', 'lab0', 'netns', one.namespace, ...far], { signal })
  for (const { namespace, address } of [one, other]) {
    await sh('ip', ['-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'lab0'], { signal })
    await sh('ip', ['-n', namespace, 'link', 'set', 'lab0', 'up'], { signal })
  }
  return true
}

/** @param {Namespace} place */
export async function removeNamespace({ namespace, namespacePath }) {
  // A cable goes with either of its ends.
  if (existsSync(namespacePath)) await sh('ip', ['netns', 'del', namespace])
}
