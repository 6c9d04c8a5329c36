// The bars, inside the network namespace of the bench's engine: the command line says which.
import { parseArgs } from 'node:util'
import { runBars } from './run-bars.js'

const bars = {
  1: async (/** @type {Given} */ given) => (await import('./docker-zero-loss.js')).zeroLoss(given),
  2: async (/** @type {Given} */ given) => (await import('./docker-sampling.js')).sampling(given),
  3: async (/** @type {Given} */ given) => (await import('./docker-scale-out.js')).scaleOut(given),
  4: async (/** @type {Given} */ given) => (await import('./docker-many.js')).many(given),
  5: async (/** @type {Given} */ given) => (await import('./docker-faults.js')).faults(given),
  6: async () => (await import('./docker-rules.js')).rules(),
}

/** @typedef {{ isQuick: boolean, ratePerSecond: number, setup: string, fault: string }} Given */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rate: { type: 'string', default: '1100' },
    setup: { type: 'string', default: '' },
    fault: { type: 'string', default: '' },
  },
})
const { quick: isQuick, rate, setup, fault } = values
const given = { isQuick, ratePerSecond: Number(rate), setup, fault }
await runBars(bars, { numbers: positionals, given })
