import { judge } from '../score/scores.js'
import type { Scenario } from '../replay/scenario.js'
import type { Cell } from './cell.js'

/** The prices of one percent of slow requests that a summary is judged at. */
export const prices: readonly number[] = [0.1, 0.2, 0.4]

/** One contender over all its cells. */
export interface Summary {
  readonly contender: string
  readonly cellCount: number
  /** Cells within the SLO. */
  readonly withinSlo: number
  /** Geometric mean. */
  readonly costVsOracle: number
  /** Mean. */
  readonly slowPercent: number
  /** Cost and slowness as one number, at each of `prices`; geometric mean. */
  readonly judged: readonly number[]
  /** Means, in percent. */
  readonly thetaU: number
  readonly thetaO: number
  readonly tauU: number
  readonly tauO: number
  /** Share of the decisions in which the policy itself failed, in percent; see `Scores.failedDecisionCount`. */
  readonly failedPercent: number
  /** Mean changes of the desired count in a day. */
  readonly adaptationsPerDay: number
  /** Median wall time of one decision, milliseconds, mean over the cells; undefined for the oracle, which makes none. */
  readonly decisionMs: number | undefined
}

type Row = Pick<Cell, 'simulation'>

export function summarise(scenarios: readonly Scenario[], cells: readonly Cell[]): readonly Summary[] {
  const byContender = new Map<string, Row[]>()
  for (const cell of cells) {
    const rows = byContender.get(cell.contender)
    if (rows === undefined) byContender.set(cell.contender, [cell])
    else rows.push(cell)
  }
  return [oracleSummary(scenarios), ...[...byContender].map(([name, rows]) => summaryOf(name, rows))]
}

function summaryOf(contender: string, rows: readonly Row[]): Summary {
  const simulations = rows.map(({ simulation }) => simulation)
  const scores = simulations.map((simulation) => simulation.scores)
  const meanOf = (pick: (index: number) => number): number => mean(scores.map((_, index) => pick(index)))
  return {
    contender,
    cellCount: rows.length,
    withinSlo: scores.filter(({ withinSlo }) => withinSlo).length,
    costVsOracle: geometricMean(scores.map(({ costVsOracle }) => costVsOracle)),
    slowPercent: meanOf((index) => scores[index]?.slowPercent ?? 0),
    judged: prices.map((price) => geometricMean(scores.map((one) => judge(one, price)))),
    thetaU: meanOf((index) => scores[index]?.elasticity.thetaU ?? 0),
    thetaO: meanOf((index) => scores[index]?.elasticity.thetaO ?? 0),
    tauU: meanOf((index) => scores[index]?.elasticity.tauU ?? 0),
    tauO: meanOf((index) => scores[index]?.elasticity.tauO ?? 0),
    failedPercent: mean(
      simulations.map(({ timeline, scores: one }) => (100 * one.failedDecisionCount) / timeline.at.length),
    ),
    adaptationsPerDay: mean(simulations.map(adaptationsPerDay)),
    decisionMs: mean(simulations.map(({ decisionMs }) => decisionMs)),
  }
}

function adaptationsPerDay({ scores, timeline }: Row['simulation']): number {
  const [first = 0, second = first] = timeline.at
  const days = ((second - first) * timeline.at.length) / 86_400_000
  return days === 0 ? 0 : scores.adaptationCount / days
}

function oracleSummary(scenarios: readonly Scenario[]): Summary {
  const slow = scenarios.map(({ oracle: { tally } }) =>
    tally.arrived === 0 ? 0 : (100 * tally.slow) / tally.arrived,
  )
  const within = scenarios.filter(({ service }, index) => (slow[index] ?? 0) <= 100 * service.slowShare)
  return {
    contender: 'oracle',
    cellCount: scenarios.length,
    withinSlo: within.length,
    costVsOracle: 1,
    slowPercent: mean(slow),
    judged: prices.map((price) =>
      geometricMean(slow.map((slowPercent) => judge({ costVsOracle: 1, slowPercent }, price))),
    ),
    thetaU: 0,
    thetaO: 0,
    tauU: 0,
    tauO: 0,
    failedPercent: 0,
    adaptationsPerDay: 0,
    decisionMs: undefined,
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map((value) => Math.log(value))))
}
