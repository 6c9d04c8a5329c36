import { parseArgs } from 'node:util'
import { adaptive, behaviorDefaults } from '@flotilla/core'
import { compare, demandCurve, peers } from '@flotilla/simulator'
import { drawnLoad, kindCount } from './lib/adaptive-loads.js'
import { afterOneWeek, seasonalLoad } from './lib/adaptive-seasons.js'
import { printPolicies, readTraces, rounded } from './lib/policy-table.js'
import { printTable } from './lib/table.js'

/**
 * What `adaptive()` is worth next to fixed settings of its peers, and what each of its parts is worth in it: on drawn
 * loads, and with `--stored` on the stored traces too. Other loads with `--seed N`, more with `--loads N`, longer ones with
 * `--longer N`; `--cells` prints the cells of the full one against HPA at 70 %. With `--seasons N` it shows what the calendar
 * is worth after a week, on so many loads with a daily season.
 *
 * @param {readonly string[]} args
 */
export async function run(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      loads: { type: 'string', default: String(kindCount) },
      longer: { type: 'string', default: '1' },
      seasons: { type: 'string', default: '0' },
      stored: { type: 'boolean', default: false },
      cells: { type: 'boolean', default: false },
    },
  })
  const count = Number(values.loads)
  const drawn = Array.from({ length: count }, (_, index) =>
    drawnLoad(Number(values.seed) * count + index, Number(values.longer)),
  )
  const hard = compare(contenders(), { traces: drawn })
  printSummaries(`Drawn loads: ${drawn.map(({ name }) => name).join(', ')}; 3 layers`, hard)
  if (values.cells) printCells(hard)
  printSeasons(Number(values.seed), Number(values.seasons))
  if (!values.stored) return
  const stored = compare(contenders().slice(0, -partNames.length), { traces: readTraces() })
  printSummaries('Stored traces, 3 layers', stored)
  if (values.cells) printCells(stored)
}

const partNames = /** @type {const} */ ([
  'choice',
  'scale',
  'margin',
  'tail',
  'steering',
  'limit',
  'overload',
  'staffing',
  'hold',
  'backlog',
])
const undamped = { scaleOut: { rates: [], windowMs: 0 }, scaleIn: { rates: [], windowMs: 0 } }
const full = 'adaptive'
const reference = 'HPA cpu 70 %'

function contenders() {
  // The most that one of twenty instances carries in time, which KEDA is told.
  const knee = demandCurve().carriedBy(20) / 20
  return [
    ...[0.3, 0.5, 0.7, 0.8].map((target) => peers.hpa({ target })),
    ...[0.5, 0.7, 0.9, 1].map((share) => peers.keda({ perInstance: knee * share })),
    { name: full, policy: adaptive(), behavior: undamped },
    { name: 'adaptive, no queue', policy: adaptive({ queue: false }), behavior: undamped },
    { name: 'adaptive, CPU only', policy: adaptive({ load: false, queue: false }), behavior: undamped },
    { name: "adaptive, HPA's damping", policy: adaptive(), behavior: behaviorDefaults },
    {
      name: 'adaptive, no queue, no tail',
      policy: adaptive({ queue: false, without: ['tail'] }),
      behavior: undamped,
    },
    ...partNames.map((part) => ({
      name: `adaptive without ${part}`,
      policy: adaptive({ without: [part] }),
      behavior: undamped,
    })),
  ]
}

/**
 * The calendar is worth something only where there is one: after a week of days that are alike.
 *
 * @param {number} seed
 * @param {number} count
 */
function printSeasons(seed, count) {
  if (count === 0) return
  const layers = /** @type {const} */ (['container', 'vm', 'cloud'])
  const rows = Array.from({ length: count }, (_, index) => {
    const load = seasonalLoad(seed * count + index, 9)
    const layer = layers[index % layers.length] ?? 'cloud'
    const without = afterOneWeek(load, layer, adaptive({ without: ['calendar'] }), undamped)
    const withCalendar = afterOneWeek(load, layer, adaptive(), undamped)
    return [
      `${load.name} ${layer}`,
      ...[without.cost, withCalendar.cost].map(rounded),
      ...[without.slowPercent, withCalendar.slowPercent].map((percent) => percent.toFixed(3)),
    ]
  })
  const columns = ['load', 'cost/demand without', 'with calendar', 'slow % without', 'with calendar']
  printTable('The eighth and ninth day of loads with a daily season', columns, rows)
}

/**
 * @param {string} title
 * @param {import('@flotilla/simulator').Comparison} comparison
 */
function printSummaries(title, comparison) {
  const worst = worstRatios(comparison)
  printPolicies(title, comparison, {
    name: 'worst J / HPA 70',
    of: (contender) => worst.get(contender) ?? 1,
  })
}

/** By contender, the largest J at 0.2 in any cell as a share of what HPA at 70 % has there.
 *
 * @param {import('@flotilla/simulator').Comparison} comparison
 */
function worstRatios({ cells }) {
  const references = new Map(
    cells.filter(({ contender }) => contender === reference).map((cell) => [cellName(cell), judged(cell)]),
  )
  /** @type {Map<string, number>} */
  const worst = new Map()
  for (const cell of cells) {
    const ratio = judged(cell) / (references.get(cellName(cell)) ?? Number.NaN)
    worst.set(cell.contender, Math.max(worst.get(cell.contender) ?? 0, ratio))
  }
  return worst
}

/** @param {import('@flotilla/simulator').Comparison} comparison */
function printCells({ cells }) {
  const others = new Map(
    cells.filter(({ contender }) => contender === reference).map((cell) => [cellName(cell), cell]),
  )
  printTable(
    `${full} by cell, and ${reference}`,
    ['cell', 'cost/oracle', 'slow %', 'J at 0.2', 'HPA cost', 'HPA slow %', 'HPA J'],
    cells
      .filter(({ contender }) => contender === full)
      .map((cell) => [
        cellName(cell),
        ...[cell, others.get(cellName(cell))].flatMap((one) =>
          one === undefined
            ? []
            : [one.simulation.scores.costVsOracle, one.simulation.scores.slowPercent, judged(one)].map(
                rounded,
              ),
        ),
      ]),
  )
}

/** @param {import('@flotilla/simulator').Cell} cell */
const cellName = ({ trace, layer }) => `${trace} ${layer}`

/** @param {import('@flotilla/simulator').Cell} cell */
const judged = ({ simulation: { scores } }) => scores.costVsOracle + 0.2 * scores.slowPercent
