import { brief } from '../kit/read.js'
import type { Sight } from './sight.js'

/** The numbers of one decision, in instances working flat out where nothing else is said. */
export interface Numbers {
  readonly forecast: number
  readonly forecaster: string
  readonly leadMs: number
  /** As shares of the forecast. */
  readonly margin: number
  readonly enoughFor: number
  readonly overload: number
  /** To be worked off beside the load. */
  readonly backlog: number
  readonly target: number
  readonly carriedShare: number
  readonly need: number
  /** In the load metric's unit, per instance; undefined when the load is known by CPU alone. */
  readonly perInstance: number | undefined
  readonly count: number
  readonly heldMs: number
}

/** A decision in words: `forecast 412 /s at +38 s (level), error q97 +9 % makes 449; one instance carries 31 → 15`. */
export function decisionText(numbers: Numbers, sight: Sight): string {
  const { perInstance = 1, forecast, leadMs, forecaster, margin, enoughFor, overload, backlog } = numbers
  const unit = numbers.perInstance === undefined ? " instances' worth of CPU" : ''
  const amount = (instances: number): string => brief(Number((instances * perInstance).toPrecision(3)))
  const parts = [
    `forecast ${amount(forecast)}${unit} at +${Math.round(leadMs / 1000)} s (${forecaster})`,
    `error q${Math.floor(enoughFor * 100)} +${percent(margin)} %`,
  ]
  if (overload >= 0.005) parts.push(`overload seen +${percent(overload)} %`)
  if (backlog * perInstance > 0.05) parts.push(`backlog +${amount(backlog)}`)
  const carries = `one instance carries ${amount(numbers.carriedShare)}`
  const held = numbers.count === numbers.need ? '' : `, kept at ${numbers.count}: ${whyKept(numbers, sight)}`
  return `${parts.join(', ')}: ${amount(numbers.target)}; ${carries} → ${numbers.need}${held}`
}

function whyKept({ heldMs }: Numbers, { missing }: Sight): string {
  if (missing.length > 0) return `${missing.join(' and ')} missing`
  return `needed within the last ${Math.round(heldMs / 1000)} s`
}

const percent = (share: number): string => brief(Number((share * 100).toPrecision(2)))
