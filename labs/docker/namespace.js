import { existsSync } from 'node:fs'
import { runCommand } from '../../scripts/lib/run-command.js'
import { sh } from '../lib/sh.js'

/** @import { Node } from './places.js' */

/**
 * A network namespace with its own loopback. The second one is joined to the first by a pair of virtual cables.
 *
 * @param {Node} node
 * @param {AbortSignal} signal
 */
export async function addNamespace({ namespace, namespacePath, name, address }, signal) {
  if (existsSync(namespacePath)) return
  await sh('ip', ['netns', 'add', namespace], { signal })
  await sh('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'], { signal })
  if (name === 'main') return
  const main = namespace.replace(name, 'main')
  const cable = [
    'link',
    'add',
    'lab0',
    'netns',
    main,
    'type',
    'veth',
    'peer',
    'name',
    'lab0',
    'netns',
    namespace,
  ]
  await sh('ip', cable, { signal })
  for (const [end, at] of [
    [main, address.replace(/\d+$/, '1')],
    [namespace, address],
  ]) {
    await sh('ip', ['-n', `${end}`, 'address', 'add', `${at}/24`, 'dev', 'lab0'], { signal })
    await sh('ip', ['-n', `${end}`, 'link', 'set', 'lab0', 'up'], { signal })
  }
}

/** @param {Node} node */
export async function removeNamespace({ namespace, namespacePath }) {
  if (!existsSync(namespacePath)) return
  // A cable goes with either of its ends.
  const { ok, output } = await runCommand('ip', ['netns', 'del', namespace], { timeoutMs: 10_000 })
  if (!ok) throw new Error(`ip netns del ${namespace}: ${output}`)
}
