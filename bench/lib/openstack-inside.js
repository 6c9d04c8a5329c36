// The bars, inside the network namespace of the control plane: the command line says which.
import { readAsked, runBars } from './run-bars.js'

const bars = {
  1: async (/** @type {Given} */ given) => (await import('./openstack-story.js')).story(given),
  2: async (/** @type {Given} */ given) => (await import('./openstack-calls.js')).calls(given),
  3: async (/** @type {Given} */ given) => (await import('./openstack-launch.js')).launches(given),
  4: async (/** @type {Given} */ given) => (await import('./openstack-many.js')).many(given),
  5: async (/** @type {Given} */ given) => (await import('./openstack-faults.js')).faults(given),
}

/** @typedef {{ isQuick: boolean, only: string | undefined }} Given */

await runBars(bars, readAsked())
