import type { Scenario } from '../replay/scenario.js'
import type { Cell } from './cell.js'
import type { Summary } from './summary.js'
import { escaped } from './svg-parts.js'
import { comparisonSvg } from './svg.js'
import { columnsFor } from './table.js'

export interface PageFacts {
  readonly scenarios: readonly Scenario[]
  readonly cells: readonly Cell[]
  readonly summaries: readonly Summary[]
}

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1200px;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #ddd}
th:first-child,td:first-child{text-align:left}
svg{width:100%;height:auto;margin:1rem 0 2rem}`

/** A page with the table and every picture. It loads nothing and runs nothing. */
export function comparisonHtml({ scenarios, cells, summaries }: PageFacts): string {
  const columns = columnsFor(summaries)
  const pictures = scenarios.map(({ trace, layer }) =>
    comparisonSvg(scenarios, cells, { trace: trace.name, layer: layer.name }),
  )
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Policies compared</title><style>${style}</style></head>
<body>
<h1>Policies compared</h1>
<p>J is the cost over the oracle's, and so much more for each percent of slow requests.</p>
<table>
<thead>${row(
    'th',
    columns.map(({ title }) => title),
  )}</thead>
<tbody>
${summaries
  .map((summary) =>
    row(
      'td',
      columns.map(({ cell }) => cell(summary)),
    ),
  )
  .join('\n')}
</tbody>
</table>
${pictures.join('\n')}
</body>
</html>
`
}

function row(tag: string, texts: readonly string[]): string {
  return `<tr>${texts.map((one) => `<${tag}>${escaped(one)}</${tag}>`).join('')}</tr>`
}
