import type { Policy } from '@flotilla/core'
import { check, checkOptions, invalidOption } from '@flotilla/core/authoring'
import * as v from 'valibot'
import type { Layer, LayerName } from '../layer/layer.js'
import { type Contender, contenderOf } from '../replay/contender.js'
import { replay } from '../replay/replay.js'
import { type Scenario, type ScenarioOptions, newScenario, scenarioEntries } from '../replay/scenario.js'
import { type Trace, traceSchema } from '../trace.js'
import type { Cell } from './cell.js'
import { fitted } from './fitted.js'
import { comparisonHtml } from './html.js'
import { type SvgOptions, comparisonSvg } from './svg.js'
import { type Summary, summarise } from './summary.js'
import { comparisonTable } from './table.js'

/** Options of `compare()`. */
export interface CompareOptions extends Omit<ScenarioOptions, 'trace' | 'layer'> {
  readonly traces: readonly Trace[]
  /** Default: container, vm and cloud. */
  readonly layers?: readonly (Layer | LayerName)[] | undefined
  /**
   * Scales each trace so that the rate it passes in one interval of two hundred needs this many instances; default 20.
   * Give `false` to take the rates as they are.
   */
  readonly peak?: number | false | undefined
  /** Told as each cell is done. */
  readonly onCell?: ((cell: Cell) => void) | undefined
}

/** What came of a comparison. */
export interface Comparison {
  readonly scenarios: readonly Scenario[]
  readonly cells: readonly Cell[]
  /** One per contender in the order given, and the oracle first. */
  readonly summaries: readonly Summary[]
  /** The summaries, aligned for a terminal. */
  table(): string
  /** One trace on one layer: the load, and for each contender its instances, the demand, and the slow requests. */
  svg(options?: SvgOptions): string
  /** A page with the table and every picture; needs nothing else. */
  html(): string
}

const { trace: _trace, layer, ...entries } = scenarioEntries

const schema = v.strictObject({
  ...entries,
  traces: v.pipe(v.array(traceSchema), v.minLength(1, 'a list of at least one trace')),
  layers: v.optional(v.pipe(v.array(layer), v.minLength(1, 'a list of at least one layer'))),
  peak: v.optional(v.union([check.wholeNumber(1), v.literal(false)], 'a whole number >= 1, or false')),
  onCell: v.optional(check.func()),
})

const defaults = { layers: ['container', 'vm', 'cloud'], peak: 20 } as const

/**
 * Runs each policy on each trace and each layer.
 *
 * @throws FlotillaError `invalid-options`
 */
export function compare(candidates: readonly (Contender | Policy)[], options: CompareOptions): Comparison {
  checkOptions('compare', schema, options)
  const { traces, layers = defaults.layers, peak = defaults.peak, onCell, ...rest } = options
  const contenders = candidates.map(contenderOf)
  if (contenders.length === 0) throw invalidOption('compare', '', 'none', 'given at least one policy')
  refuseTwins('', 'policies', contenders)
  refuseTwins('traces', 'traces', traces)
  const scenarios: Scenario[] = []
  const cells: Cell[] = []
  for (const trace of traces) {
    const load = peak === false ? trace : fitted(trace, peak, rest.service)
    for (const on of layers) {
      const scenario = newScenario({ ...rest, trace: load, layer: on })
      scenarios.push(scenario)
      for (const contender of contenders) {
        const simulation = replay(scenario, contender)
        const cell = { contender: contender.name, trace: trace.name, layer: scenario.layer.name, simulation }
        cells.push(cell)
        onCell?.(cell)
      }
    }
  }
  const summaries = summarise(scenarios, cells)
  return {
    scenarios,
    cells,
    summaries,
    table: () => comparisonTable(summaries),
    svg: (svgOptions = {}) => comparisonSvg(scenarios, cells, svgOptions),
    html: () => comparisonHtml({ scenarios, cells, summaries }),
  }
}

/** Whatever is compared is told apart by its name. */
function refuseTwins(field: string, what: string, named: readonly { readonly name: string }[]): void {
  const names = named.map(({ name }) => name)
  const twin = names.find((name, index) => names.indexOf(name) !== index)
  if (twin === undefined) return
  throw invalidOption('compare', field, twin, `given ${what} with a name each; give one of them another name`)
}
