import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import * as check from '../../options/checks.js'
import { httpEntries, httpTarget, requestHeaders, type HttpOptions } from '../../http/http-options.js'
import { requestPath } from '../../http/request-path.js'
import { askEachInstance } from './ask-each-instance.js'
import { readField, type FieldQuestion } from './json-field.js'
import { isJsonPointer } from './json-pointer.js'
import { metricName, missingRule, unit } from '../metric-options.js'
import type { MetricInfo, Metrics, MissingRule, Unit } from '../metrics.js'
import { type Form, optionsForm } from '../../options/form.js'

interface HttpJsonBase extends HttpOptions {
  /** The metric's name in Flotilla: lower-case words joined by dots and underscores. */
  readonly name: string
  /** Default `none`. */
  readonly unit?: Unit | undefined
  /** Where the number is in the answer, as a JSON pointer: `/queue/depth`. `''` is the whole answer. */
  readonly pointer: string
  /** Takes a text that holds a plain decimal number, such as `"12.5"`; default false. */
  readonly allowNumberText?: boolean | undefined
  /** Bound of each request; default 5000, of instances 2000. */
  readonly timeoutMs?: number | undefined
  /** Default `hold`. */
  readonly whenMissing?: MissingRule | undefined
}

/** One address answers for the whole group. */
export interface HttpJsonOfGroup extends HttpJsonBase {
  readonly of?: 'group' | undefined
  readonly url: string
}

/** Each instance answers for itself, at its own address. */
export interface HttpJsonOfInstances extends HttpJsonBase {
  readonly of: 'instance'
  /** Path on each instance, with its query if any. */
  readonly path: string
  /** Default `http`. */
  readonly scheme?: 'http' | 'https' | undefined
  /** Default the instance's own port. */
  readonly port?: number | undefined
  /** How many are asked at the same time; default 32. */
  readonly parallel?: number | undefined
  /** Bound of asking all of them; those not asked by then are absent. Default 5000. */
  readonly sampleTimeoutMs?: number | undefined
}

/** Options of `httpJson()`: of the whole group, or of each instance. */
export type HttpJsonOptions = HttpJsonOfGroup | HttpJsonOfInstances

const base = {
  name: metricName(),
  unit: v.optional(unit()),
  pointer: v.pipe(
    v.string('a JSON pointer'),
    v.check(isJsonPointer, "a JSON pointer: '' or parts that each begin with /, with ~ only as ~0 or ~1"),
  ),
  allowNumberText: v.optional(v.boolean()),
  timeoutMs: v.optional(check.milliseconds(1)),
  whenMissing: v.optional(missingRule()),
  ...httpEntries,
}

const groupSchema = v.strictObject({
  ...base,
  of: v.optional(v.picklist(['group', 'instance'])),
  url: v.optional(v.unknown()),
})

const instanceSchema = v.strictObject({
  ...base,
  of: v.literal('instance'),
  path: requestPath(),
  scheme: v.optional(v.picklist(['http', 'https'])),
  port: v.optional(check.wholeNumber(1, 65_535)),
  parallel: v.optional(check.wholeNumber(1, 1000)),
  sampleTimeoutMs: v.optional(check.milliseconds(1)),
})

const defaults = {
  unit: 'none',
  groupTimeoutMs: 5000,
  instanceTimeoutMs: 2000,
  scheme: 'http',
  parallel: 32,
  sampleTimeoutMs: 5000,
} as const

/**
 * A number out of a JSON answer: of one address for the group, or of each instance at its own. Redirects are not
 * followed, and an answer over 1 MiB is refused. What is found there and is not a finite number becomes an absent reading
 * that says what it is. An instance that cannot be asked has an absent reading; the others have theirs all the same.
 *
 * @throws FlotillaError `invalid-options`. A sample of a group rejects with `unavailable`, `timeout`,
 *   `permission-denied`, `rate-limited`, `not-found` or `invalid-reading`
 *
 * @example
 * ```ts
 * import { httpJson } from '@flotilla/core'
 *
 * // {"queue": {"depth": 120}}
 * const depth = httpJson({ url: 'http://queue:8161/stats', pointer: '/queue/depth', name: 'queue.depth' })
 * // Each instance for itself: {"load": 0.75}
 * const load = httpJson({ of: 'instance', path: '/stats', pointer: '/load', name: 'load', unit: 'ratio' })
 * ```
 */
export function httpJson(options: HttpJsonOptions): Metrics {
  return options?.of === 'instance' ? ofInstances(options) : ofGroup(options)
}

function ofGroup(options: HttpJsonOfGroup): Metrics {
  const checked = checkOptions('httpJson', groupSchema, options)
  const { url, shown, basic } = httpTarget('httpJson', checked.url)
  const info = infoFrom(checked, 'group')
  const question: FieldQuestion = {
    ...sharedQuestion({ ...options, basic: options.basic ?? basic }),
    timeoutMs: checked.timeoutMs ?? defaults.groupTimeoutMs,
  }
  return {
    name: `http ${info.name}`,
    provides: [info],
    async sample({ now, signal }) {
      const attempted = `read ${info.name} from ${shown}`
      return [await readField({ info, at: now }, { ...question, attempted, url, signal })]
    },
  }
}

function ofInstances(options: HttpJsonOfInstances): Metrics {
  const checked = checkOptions('httpJson', instanceSchema, options)
  const info = infoFrom(checked, 'instance')
  return {
    name: `http ${info.name}`,
    provides: [info],
    sample: askEachInstance({
      info,
      path: checked.path,
      scheme: checked.scheme ?? defaults.scheme,
      port: checked.port,
      parallel: checked.parallel ?? defaults.parallel,
      sampleTimeoutMs: checked.sampleTimeoutMs ?? defaults.sampleTimeoutMs,
      question: { ...sharedQuestion(options), timeoutMs: checked.timeoutMs ?? defaults.instanceTimeoutMs },
    }),
  }
}

function infoFrom(
  checked: Pick<HttpJsonBase, 'name' | 'unit' | 'whenMissing'>,
  of: 'group' | 'instance',
): MetricInfo {
  const { name, whenMissing } = checked
  return {
    name,
    unit: checked.unit ?? defaults.unit,
    of,
    ...(whenMissing === undefined ? {} : { whenMissing }),
  }
}

function sharedQuestion(options: HttpJsonBase): Omit<FieldQuestion, 'timeoutMs'> {
  return {
    headers: { accept: 'application/json', ...requestHeaders('httpJson', options) },
    ca: options.ca,
    allowUntrusted: options.allowUntrusted,
    pointer: options.pointer,
    allowNumberText: options.allowNumberText ?? false,
  }
}

/** How `httpJson` is written in a file. */
export const httpJsonForm: Form = optionsForm(
  'a metric source',
  'httpJson',
  httpJson,
  v.union([groupSchema, instanceSchema]),
)
