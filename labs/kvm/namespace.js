import { layCable } from '../lib/namespace.js'
import { sh } from '../lib/sh.js'

/** @import { Host } from './places.js' */

/**
 * Joins two namespaces, and gives the first a route to the guests of the second.
 *
 * @param {Host} main
 * @param {Host} second
 * @param {AbortSignal} signal
 */
export async function joinNamespaces(main, second, signal) {
  if (!(await layCable(main, second, signal))) return
  const route = ['route', 'replace', `${second.subnet}.0/24`, 'via', second.address]
  await sh('ip', ['-n', main.namespace, ...route], { signal })
}
