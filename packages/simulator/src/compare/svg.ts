import { invalidOption } from '@flotilla/core/authoring'
import type { Scenario } from '../replay/scenario.js'
import { type Bucket, bucketsOf } from './buckets.js'
import type { Cell } from './cell.js'
import { type Panel, areaPath, grid, path, roundedUp, stepPath, text } from './svg-parts.js'
import { ratio } from './table.js'
import { timeAxis } from './time-axis.js'

/** How a picture is drawn. */
export interface SvgOptions {
  /** Name of the trace; default the first. */
  readonly trace?: string | undefined
  /** Name of the layer; default the first. */
  readonly layer?: string | undefined
  /** Names of the contenders to show; default all. */
  readonly contenders?: readonly string[] | undefined
  /** The part to show, milliseconds since the replay began; default all of it. */
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
}

const width = 1180
const left = 64
const plotWidth = 880
const loadHeight = 90
const rowHeight = 92
const slowHeight = 16
const gap = 26

/** The share of slow requests that fills the strip. */
const mostSlow = 0.1

/** Told apart also by those who see fewer colours (Okabe and Ito). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const
const slowColour = '#c1121f'

/**
 * One trace on one layer as a picture: the load above, and for each contender its instances in service over the demand,
 * with the share of slow requests below.
 *
 * @throws FlotillaError `invalid-options` when there is no such trace, layer or contender
 */
export function comparisonSvg(
  scenarios: readonly Scenario[],
  cells: readonly Cell[],
  options: SvgOptions = {},
): string {
  const scenario = chosenScenario(scenarios, options)
  const shown = chosenCells(cells, scenario, options)
  const [first] = shown
  if (first === undefined) throw invalidOption('svg', 'contenders', options.contenders, 'names of contenders')
  const { at } = first.simulation.timeline
  const stepMs = scenario.intervalSeconds * 1000
  const { fromMs = 0, toMs = at.length * stepMs } = options
  if (!(fromMs >= 0 && fromMs < at.length * stepMs)) {
    throw invalidOption('svg', 'fromMs', fromMs, `from 0 to the end at ${at.length * stepMs}`)
  }
  if (!(toMs > fromMs)) throw invalidOption('svg', 'toMs', toMs, `after fromMs (${fromMs})`)
  const from = Math.floor(fromMs / stepMs)
  const to = Math.min(at.length, Math.ceil(toMs / stepMs))

  const rows = shown.map((cell) => ({
    cell,
    buckets: bucketsOf(cell.simulation.timeline, from, to, plotWidth),
  }))
  const load = (rows[0]?.buckets ?? []).map((bucket) => bucket.load)
  const loadPanel: Panel = {
    left,
    top: 58,
    width: plotWidth,
    height: loadHeight,
    most: roundedUp(Math.max(...load)),
  }
  const most = roundedUp(Math.max(...rows.flatMap(({ buckets }) => buckets.flatMap(highest))))
  const panels = rows.map((_, index): Panel => {
    const top = loadPanel.top + loadHeight + 40 + index * (rowHeight + slowHeight + gap)
    return { left, top, width: plotWidth, height: rowHeight, most }
  })
  const floor = (panels.at(-1)?.top ?? 0) + rowHeight + slowHeight + 4
  const axis = { ...loadPanel, top: 0, height: floor }
  const bucketSeconds = Math.max(1, (to - from) / plotWidth) * scenario.intervalSeconds
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${floor + 30}" font-family="DejaVu Sans, Verdana, sans-serif">`,
    `<rect width="${width}" height="${floor + 30}" fill="#fff"/>`,
    text(left, 22, `${scenario.trace.name} on ${scenario.layer.name}`, {
      size: 16,
      bold: true,
      mostLetters: 100,
    }),
    text(left, 40, legend(bucketSeconds, to - from < at.length), { fill: '#777' }),
    timeAxis(axis, from * stepMs, to * stepMs, loadPanel.top),
    grid(loadPanel, ''),
    path(areaPath(load, loadPanel), 'fill="#bcd4e6"'),
    text(left + plotWidth + 14, loadPanel.top + 12, 'load', { bold: true }),
    text(left + plotWidth + 14, loadPanel.top + 28, 'requests per second', { fill: '#777' }),
    ...rows.map(({ cell, buckets }, index) => {
      const panel = panels[index] ?? loadPanel
      return rowOf(cell, buckets, panel, colours[index % colours.length] ?? colours[0])
    }),
    '</svg>',
  ].join('\n')
}

function rowOf(cell: Cell, buckets: readonly Bucket[], panel: Panel, colour: string): string {
  const { costVsOracle, slowPercent, adaptationCount, withinSlo, failedDecisionCount } =
    cell.simulation.scores
  const decisionCount = cell.simulation.timeline.at.length
  const strip: Panel = { ...panel, top: panel.top + rowHeight + 2, height: slowHeight, most: mostSlow }
  const x = left + plotWidth + 14
  const slow = buckets.map(({ slowShare }) => slowShare)
  return [
    grid(panel, ''),
    path(
      areaPath(
        buckets.map(({ demand }) => demand),
        panel,
      ),
      'fill="#d9d9d9"',
    ),
    path(
      stepPath(
        buckets.map(({ ready }) => ready),
        panel,
      ),
      `fill="none" stroke="${colour}" stroke-width="1.6"`,
    ),
    `<rect x="${strip.left}" y="${strip.top}" width="${strip.width}" height="${strip.height}" fill="#faf3f3"/>`,
    path(areaPath(slow, strip), `fill="${slowColour}"`),
    text(left - 6, strip.top + 12, 'slow', { anchor: 'end', size: 10, fill: slowColour }),
    text(x, panel.top + 12, cell.contender, { bold: true, fill: colour, mostLetters: 30 }),
    text(x, panel.top + 30, `${ratio(costVsOracle)} x the oracle's cost`),
    text(x, panel.top + 46, `${slowPercent.toFixed(2)} % slow`, { fill: withinSlo ? '#333' : slowColour }),
    text(x, panel.top + 62, `${adaptationCount.toLocaleString('en-US')} changes`),
    failedDecisionCount === 0
      ? ''
      : text(x, panel.top + 78, `failed in ${failedDecisionCount} of ${decisionCount} decisions`, {
          fill: slowColour,
        }),
    text(x, strip.top + 12, 'full height: 10 % or more', { size: 10, fill: '#777' }),
  ].join('')
}

function chosenScenario(scenarios: readonly Scenario[], options: SvgOptions): Scenario {
  const found = scenarios.find(
    ({ trace, layer }) =>
      (options.trace === undefined || trace.name === options.trace) &&
      (options.layer === undefined || layer.name === options.layer),
  )
  if (found !== undefined) return found
  const field = scenarios.some(({ trace }) => trace.name === options.trace) ? 'layer' : 'trace'
  throw invalidOption('svg', field, options[field], `the name of a ${field} that was compared`)
}

function chosenCells(
  cells: readonly Cell[],
  { trace, layer }: Scenario,
  { contenders }: SvgOptions,
): readonly Cell[] {
  return cells.filter(
    (cell) =>
      cell.trace === trace.name &&
      cell.layer === layer.name &&
      (contenders === undefined || contenders.includes(cell.contender)),
  )
}

const highest = ({ demand, ready }: Bucket): readonly number[] => [demand, ready]

function legend(bucketSeconds: number, isPart: boolean): string {
  const words = `grey: instances needed; line: instances in service; each point is the mean of ${duration(bucketSeconds)}`
  return isPart ? `${words}; the scores are of the whole replay` : words
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 6) / 10} min`
}
