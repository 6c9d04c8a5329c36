import { type Summary, prices } from './summary.js'

export interface Column {
  readonly title: string
  readonly cell: (summary: Summary) => string
}

/** The columns of these summaries: that of failures only where there are any. */
export function columnsFor(summaries: readonly Summary[]): readonly Column[] {
  const hasFailures = summaries.some(({ failedPercent }) => failedPercent > 0)
  return hasFailures ? [...columns, failures] : columns
}

const failures: Column = {
  title: 'failed %',
  cell: ({ failedPercent }) => (failedPercent === 0 ? '' : failedPercent.toFixed(failedPercent < 1 ? 2 : 0)),
}

const columns: readonly Column[] = [
  { title: 'policy', cell: ({ contender }) => contender },
  { title: 'within SLO', cell: ({ withinSlo, cellCount }) => `${withinSlo} of ${cellCount}` },
  { title: 'cost/oracle', cell: ({ costVsOracle }) => ratio(costVsOracle) },
  { title: 'slow %', cell: ({ slowPercent }) => slowPercent.toFixed(2) },
  ...prices.map((price, index) => ({
    title: `J ${price}`,
    cell: ({ judged }: Summary) => ratio(judged[index] ?? 0),
  })),
  { title: 'theta U', cell: ({ thetaU }) => thetaU.toFixed(1) },
  { title: 'theta O', cell: ({ thetaO }) => thetaO.toFixed(1) },
  { title: 'tau U', cell: ({ tauU }) => tauU.toFixed(1) },
  { title: 'tau O', cell: ({ tauO }) => tauO.toFixed(1) },
  { title: 'changes/day', cell: ({ adaptationsPerDay }) => adaptationsPerDay.toFixed(0) },
  {
    title: 'decision µs',
    cell: ({ decisionMs }) => (decisionMs === undefined ? '' : (decisionMs * 1000).toFixed(0)),
  },
]

/** The summaries as aligned text: the first column to the left, the others to the right. */
export function comparisonTable(summaries: readonly Summary[]): string {
  const shown = columnsFor(summaries)
  const rows = [
    shown.map(({ title }) => title),
    ...summaries.map((summary) => shown.map(({ cell }) => cell(summary))),
  ]
  const widths = shown.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((text, index) => (index === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[index] ?? 0)))
      .join('  ')
      .trimEnd()
  const [head = [], ...body] = rows
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n')
}

/** Two decimals. */
export function ratio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '∞'
}
