// The bars, inside the network namespace of the control plane: the command line says which.
import { parseArgs } from 'node:util'

const bars = {
  1: async (/** @type {Given} */ given) => (await import('./openstack-story.js')).story(given),
  2: async (/** @type {Given} */ given) => (await import('./openstack-calls.js')).calls(given),
  3: async (/** @type {Given} */ given) => (await import('./openstack-launch.js')).launches(given),
  4: async (/** @type {Given} */ given) => (await import('./openstack-many.js')).many(given),
  5: async (/** @type {Given} */ given) => (await import('./openstack-faults.js')).faults(given),
}

/** @typedef {{ isQuick: boolean, only: string | undefined }} Given */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
})
for (const [number, run] of Object.entries(bars)) {
  if (positionals.length > 0 && !positionals.includes(number)) continue
  try {
    await run({ isQuick: values.quick, only: values.only })
  } catch (error) {
    console.error(`bar ${number} failed:`, error)
    process.exitCode = 1
  }
}
process.exit()
