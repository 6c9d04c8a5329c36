import { brief } from '../kit/read.js'
import type { Season } from './calendar.js'
import type { Sight } from './sight.js'

/** The numbers of one decision, in instances working flat out where nothing else is said. */
export interface Numbers {
  readonly forecast: number
  /** Whose forecast it is. */
  readonly by: string
  readonly leadMs: number
  /** For errors of the forecast, and for what share of them it is enough. */
  readonly margin: number
  readonly enoughFor: number
  /** As a share of the forecast. */
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

/** A decision in words: `forecast 412 at +38 s (level), error q97 +37: 449; one instance carries 31 → 15`. */
export function decisionText(numbers: Numbers, sight: Sight): string {
  const { perInstance = 1, forecast, leadMs, by, margin, enoughFor, overload, backlog } = numbers
  const unit = numbers.perInstance === undefined ? " instances' worth of CPU" : ''
  const amount = (instances: number): string => brief(Number((instances * perInstance).toPrecision(3)))
  const parts = [
    `forecast ${amount(forecast)}${unit} at +${Math.round(leadMs / 1000)} s (${by})`,
    `error q${Math.floor(enoughFor * 100)} +${amount(margin)}`,
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

const dayNames = ['Sundays', 'Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays']

/** What a season likens a time to: `like Tuesdays, 08:00 UTC`. */
export function likeText(season: Season, at: number): string {
  const date = new Date(at)
  const days = season === 'week' ? (dayNames[date.getUTCDay()] ?? '') : 'other days'
  return `like ${days}, ${date.toISOString().slice(11, 16)} UTC`
}
