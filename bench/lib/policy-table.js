import { readFileSync, readdirSync } from 'node:fs'
import { readJsonTrace } from '@flotilla/simulator'
import { printTable } from './table.js'

/** @import { Comparison } from '@flotilla/simulator' */

/**
 * Prints what each policy scores.
 *
 * @param {string} title
 * @param {Comparison} comparison
 * @param {{ name: string, of: (contender: string) => number }} [beside] - a column more
 */
export function printPolicies(title, { summaries }, beside) {
  printTable(
    `${title}; J = cost/oracle + price x slow %`,
    [
      'policy',
      'cells within SLO',
      'cost/oracle',
      'slow %',
      'J at 0.1',
      'J at 0.2',
      'J at 0.4',
      ...(beside === undefined ? [] : [beside.name]),
      'decision ms',
    ],
    summaries.map(({ contender, withinSlo, cellCount, costVsOracle, slowPercent, judged, decisionMs }) => [
      contender,
      `${withinSlo} of ${cellCount}`,
      rounded(costVsOracle),
      rounded(slowPercent),
      ...judged.map(rounded),
      ...(beside === undefined ? [] : [rounded(beside.of(contender))]),
      decisionMs === undefined ? 0 : Math.round(decisionMs * 10_000) / 10_000,
    ]),
  )
}

/** @param {number} value */
export const rounded = (value) => Math.round(value * 100) / 100

/** Those that are stored beside the benches. */
export function readTraces() {
  const folder = new URL('../traces/', import.meta.url)
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return files.map((file) => readJsonTrace(readFileSync(new URL(file, folder), 'utf8')))
}
