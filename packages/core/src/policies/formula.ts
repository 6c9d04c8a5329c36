import * as v from 'valibot'
import { checkOptions, invalidOption } from '../check-options.js'
import { positiveNumber, text } from '../checks.js'
import { isReady } from '../model.js'
import { type Expression, functionNames, readExpression } from './expression.js'
import type { Policy, PolicyInput, Proposal } from './policy.js'
import { brief, roundUp, wholeCount } from './read.js'
import { shrinkOnlyInFullView, singleValue } from './single-value.js'
import { trackGroupValue } from './target-tracking.js'
import { type ToleranceOption, fullTolerance, toleranceSchema } from './tolerance.js'

export interface FormulaOptions {
  /**
   * Over the names in `metrics`, `current` (the desired count) and `ready` (those in service): `max(cpu / 0.7, queue /
   * 100) * ready`, `queue ?? lag ?? 8`. At most 1000 characters; `readExpression` says what is in the language.
   */
  readonly expression: string
  /** The metric behind each name. One of instances is its mean over those in service. */
  readonly metrics: Readonly<Record<string, string>>
  /** What the result is held at, as in `targetTracking`. Left out, the result is the count itself, rounded up. */
  readonly target?: number | undefined
  /** With a target: `average` (default) divides the result by the number of instances, `value` does not. */
  readonly type?: 'average' | 'value' | undefined
  /** With a target: as in `targetTracking`. */
  readonly tolerance?: ToleranceOption
}

const schema = v.strictObject({
  expression: text(),
  metrics: v.record(text(), text()),
  target: v.optional(positiveNumber()),
  type: v.optional(v.picklist(['average', 'value'])),
  tolerance: toleranceSchema,
})

/**
 * One number out of several metrics, and a count out of that: KEDA's scaling modifiers.
 *
 * A metric that is missing makes the result missing, and the policy cannot tell; `a ?? b ?? 8` is a chain that goes on
 * to the next. A metric of instances that some did not give still counts, and keeps the group from shrinking.
 *
 * @throws FlotillaError `invalid-options`: an expression that cannot be read, a name in it that is not in `metrics`
 * @see https://keda.sh/docs/latest/concepts/scaling-deployments/#scaling-modifiers
 */
export function formula(options: FormulaOptions): Policy {
  const given = checkOptions('formula', schema, options)
  const { expression, metrics, target, type = 'average' } = given
  const tolerance = fullTolerance(given.tolerance)
  const read = readExpression(expression)
  if (typeof read === 'string') throw invalidOption('formula', 'expression', expression, read)
  const metricOf = checkNames(read, metrics)
  for (const field of ['type', 'tolerance'] as const) {
    if (target === undefined && given[field] !== undefined) {
      throw invalidOption('formula', field, given[field], 'left out without a target')
    }
  }
  const shown = brief40(expression)

  const propose = (input: PolicyInput, value: number): Proposal => {
    if (target !== undefined) {
      return trackGroupValue(shown, value, input.observation, { target, type, tolerance })
    }
    const count = wholeCount(roundUp(value))
    return { kind: 'count', count, reason: `${shown} is ${brief(value)}, so ${count}` }
  }

  return {
    name: `formula(${shown})`,
    metrics: [...new Set(metricOf.values())],
    evaluate(input) {
      const { observation } = input
      const values = new Map<string, number | undefined>([
        ['current', observation.desired],
        ['ready', observation.instances.filter(isReady).length],
      ])
      const absent: string[] = []
      let missingCount = 0
      for (const [name, metric] of metricOf) {
        const seen = singleValue(metric, input)
        if (seen.of === 'nothing') absent.push(seen.reason)
        else {
          values.set(name, seen.value)
          missingCount += seen.missingCount
        }
      }
      const value = read.evaluate(values)
      if (value === undefined) {
        const why = absent.length === 0 ? 'it gives no finite number' : absent.join('; ')
        return { proposal: { kind: 'cannot-tell', reason: `${shown}: ${why}` } }
      }
      return { proposal: shrinkOnlyInFullView(propose(input, value), observation.desired, missingCount) }
    },
  }
}

const ownNames: ReadonlySet<string> = new Set(['current', 'ready'])

/** The metrics that the expression uses, by name. */
function checkNames(
  { names }: Expression,
  metrics: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const given = new Map(Object.entries(metrics))
  for (const name of given.keys()) {
    if (!/^[A-Za-z_]\w*$/.test(name) || ownNames.has(name) || functionNames.has(name) || isWord(name)) {
      throw invalidOption(
        'formula',
        'metrics',
        name,
        'names of letters, digits and _, none of them of the language',
      )
    }
    if (!names.includes(name))
      throw invalidOption('formula', 'metrics', name, 'names that the expression uses')
  }
  for (const name of names) {
    if (given.has(name) || ownNames.has(name)) continue
    throw invalidOption('formula', 'expression', name, 'made of names in metrics, current and ready')
  }
  return given
}

const isWord = (name: string): boolean =>
  name === 'true' || name === 'false' || name === 'null' || name === 'this'

/** Long expressions cut, for names and reasons. */
const brief40 = (expression: string): string =>
  expression.length <= 40 ? expression : `${expression.slice(0, 39)}…`
