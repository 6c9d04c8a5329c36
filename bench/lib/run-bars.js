import { parseArgs } from 'node:util'

/**
 * Runs the bars that are asked for, or all, one after another; one that fails does not keep the next from running. Then
 * the process ends, whatever they have left open.
 *
 * @template Given
 * @param {Readonly<Record<number, (given: Given) => Promise<void>>>} bars - by number
 * @param {{ numbers: readonly string[], given: Given }} asked
 * @returns {Promise<never>}
 */
export async function runBars(bars, { numbers, given }) {
  for (const [number, run] of Object.entries(bars)) {
    if (numbers.length > 0 && !numbers.includes(number)) continue
    try {
      await run(given)
    } catch (error) {
      console.error(`bar ${number} failed:`, error)
      process.exitCode = 1
    }
  }
  process.exit()
}

/** What the command line asks for: numbers of bars, `--quick`, and `--only TEXT` for a part of a bar. */
export function readAsked() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
  })
  return { numbers: positionals, given: { isQuick: values.quick, only: values.only } }
}
