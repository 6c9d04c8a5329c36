// The bars, inside the network namespace of the bench's libvirtd: the command line says which.
import { readAsked, runBars } from './run-bars.js'

const bars = {
  1: async (/** @type {Given} */ given) => (await import('./kvm-poll.js')).poll(given),
  2: async (/** @type {Given} */ given) => (await import('./kvm-launch.js')).launches(given),
  3: async (/** @type {Given} */ given) => (await import('./kvm-many.js')).many(given),
  4: async (/** @type {Given} */ given) => (await import('./kvm-faults.js')).faults(given),
  5: async (/** @type {Given} */ given) => (await import('./kvm-rules.js')).rules(given),
}

/** @typedef {{ isQuick: boolean, only: string | undefined }} Given */

await runBars(bars, readAsked())
