import { existsSync } from 'node:fs'
import { runCommand } from '../../scripts/lib/run-command.js'
import { sh } from '../lib/sh.js'

/** @import { Host } from './places.js' */

/**
 * A network namespace with its own loopback.
 *
 * @param {Host} host
 * @param {AbortSignal} signal
 */
export async function addNamespace({ namespace, namespacePath }, signal) {
  if (existsSync(namespacePath)) return
  await sh('ip', ['netns', 'add', namespace], { signal })
  await sh('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'], { signal })
}

/**
 * A pair of virtual cables between two namespaces, and in the first a route to the guests of the second.
 *
 * @param {Host} main
 * @param {Host} second
 * @param {AbortSignal} signal
 */
export async function joinNamespaces(main, second, signal) {
  const { ok } = await runCommand('ip', ['-n', main.namespace, 'link', 'show', 'lab0'], { timeoutMs: 10_000 })
  if (ok) return
  const far = ['type', 'veth', 'peer', 'name', 'lab0', 'netns', second.namespace]
  await sh('ip', ['link', 'add', 'lab0', 'netns', main.namespace, ...far], { signal })
  for (const { namespace, address } of [main, second]) {
    await sh('ip', ['-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'lab0'], { signal })
    await sh('ip', ['-n', namespace, 'link', 'set', 'lab0', 'up'], { signal })
  }
  const route = ['route', 'replace', `${second.subnet}.0/24`, 'via', second.address]
  await sh('ip', ['-n', main.namespace, ...route], { signal })
}

/** @param {Host} host */
export async function removeNamespace({ namespace, namespacePath }) {
  if (!existsSync(namespacePath)) return
  // A cable goes with either of its ends.
  const { ok, output } = await runCommand('ip', ['netns', 'del', namespace], { timeoutMs: 10_000 })
  if (!ok) throw new Error(`ip netns del ${namespace}: ${output}`)
}
