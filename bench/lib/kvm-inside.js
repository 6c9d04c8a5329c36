// The bars, inside the network namespace of the bench's libvirtd: the command line says which.
import { parseArgs } from 'node:util'

const bars = {
  1: async (/** @type {Given} */ given) => (await import('./kvm-poll.js')).poll(given),
  2: async (/** @type {Given} */ given) => (await import('./kvm-launch.js')).launches(given),
  3: async (/** @type {Given} */ given) => (await import('./kvm-many.js')).many(given),
  4: async (/** @type {Given} */ given) => (await import('./kvm-faults.js')).faults(given),
  5: async (/** @type {Given} */ given) => (await import('./kvm-rules.js')).rules(given),
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
