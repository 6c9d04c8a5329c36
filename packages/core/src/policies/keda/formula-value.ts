import { invalidOption } from '../../options/check-options.js'
import { isReady } from '../../model.js'
import { type Expression, functionNames, readExpression } from '../kit/expression.js'
import type { PolicyInput } from '../policy.js'
import { brief } from '../kit/read.js'
import { type SingleValue, singleValue } from '../kit/single-value.js'

/** One number out of several metrics. */
export interface NamedMetrics {
  /**
   * Over the names in `metrics`, `current` (the desired count) and `ready` (those in service): `max(cpu / 0.7, queue /
   * 100) * ready`, `queue ?? lag ?? 8`. At most 1000 characters; `readExpression` says what is in the language.
   */
  readonly expression: string
  /** The metric behind each name. One of instances is its mean over those in service. */
  readonly metrics: Readonly<Record<string, string>>
}

/** The same, read and ready to be asked. */
export interface FormulaValue {
  /** The expression, short enough for names and reasons. */
  readonly shown: string
  /** The metrics it needs, each once. */
  readonly metrics: readonly string[]
  valueOf(input: Pick<PolicyInput, 'readings' | 'observation' | 'now'>): SingleValue
}

/**
 * @param owner - the policy whose options these are, for errors
 * @param within - where in its options they are: `formula.`, say
 * @throws FlotillaError `invalid-options`: an expression that cannot be read, a name in it that is not in `metrics`
 */
export function formulaValue(
  owner: string,
  { expression, metrics }: NamedMetrics,
  within = '',
): FormulaValue {
  const read = readExpression(expression)
  if (typeof read === 'string') throw invalidOption(owner, `${within}expression`, expression, read)
  const metricOf = checkNames(read, metrics, (field, value, wanted) =>
    invalidOption(owner, within + field, value, wanted),
  )
  const shown = brief40(expression)
  return {
    shown,
    metrics: [...new Set(metricOf.values())],
    valueOf(input) {
      const { observation, now } = input
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
        return { of: 'nothing', reason: `${shown}: ${why}` }
      }
      return { of: 'value', value, at: now, what: `${shown}, ${brief(value)},`, missingCount }
    },
  }
}

const ownNames: ReadonlySet<string> = new Set(['current', 'ready'])

/** The metrics that the expression uses, by name. */
function checkNames(
  { names }: Expression,
  metrics: Readonly<Record<string, string>>,
  invalid: (field: keyof NamedMetrics, value: string, wanted: string) => Error,
): ReadonlyMap<string, string> {
  const given = new Map(Object.entries(metrics))
  for (const name of given.keys()) {
    if (!/^[A-Za-z_]\w*$/.test(name) || ownNames.has(name) || functionNames.has(name) || isWord(name)) {
      throw invalid('metrics', name, 'names of letters, digits and _, none of them of the language')
    }
    if (!names.includes(name)) throw invalid('metrics', name, 'names that the expression uses')
  }
  for (const name of names) {
    if (given.has(name) || ownNames.has(name)) continue
    throw invalid('expression', name, 'made of names in metrics, current and ready')
  }
  return given
}

const isWord = (name: string): boolean =>
  name === 'true' || name === 'false' || name === 'null' || name === 'this'

/** Long expressions cut, for names and reasons. */
const brief40 = (expression: string): string =>
  expression.length <= 40 ? expression : `${expression.slice(0, 39)}…`
