import { type Summary, prices } from './summary.js'

/** The columns of a comparison, each with what stands in it. */
export const columns: readonly { readonly title: string; readonly cell: (summary: Summary) => string }[] = [
  { title: 'policy', cell: ({ contender }) => contender },
  { title: 'within SLO', cell: ({ withinSlo, cellCount }) => `${withinSlo} of ${cellCount}` },
  { title: 'cost/oracle', cell: ({ costVsOracle }) => costVsOracle.toFixed(2) },
  { title: 'slow %', cell: ({ slowPercent }) => slowPercent.toFixed(2) },
  ...prices.map((price, index) => ({
    title: `J ${price}`,
    cell: ({ judged }: Summary) => (judged[index] ?? 0).toFixed(2),
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
  const rows = [
    columns.map(({ title }) => title),
    ...summaries.map((summary) => columns.map(({ cell }) => cell(summary))),
  ]
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((text, index) => (index === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[index] ?? 0)))
      .join('  ')
      .trimEnd()
  const [head = [], ...body] = rows
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n')
}
