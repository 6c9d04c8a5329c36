import * as v from 'valibot'
import type { Backend } from '../backend.js'

/** What a form makes, as the library's own checks call it. */
export type Contract =
  | 'a backend'
  | 'a balancer'
  | 'a probe'
  | 'a policy'
  | 'a metric source'
  | 'a state store'
  | 'a decision log'
  | 'a connection'

/** Of the group that a form stands in. */
export interface FormContext {
  /** Undefined outside of groups, and where the group's backend has a fault of its own. */
  readonly backend: Backend | undefined
}

/** How one function of a package is written in a file: `{ NAME: BODY }`. */
export interface Form {
  /** The function's own name: `targetTracking`. */
  readonly name: string
  readonly makes: Contract
  /** What stands under the name. */
  readonly body: v.GenericSchema
  /**
   * Calls the function.
   *
   * @param body - passed `body`
   * @throws FlotillaError of the function's own checks
   */
  build(body: never, context: FormContext): unknown
}

/** A function of one object of options: `targetTracking: { metric: cpu, target: 60% }`. */
export function optionsForm(
  makes: Contract,
  name: string,
  make: (options: never) => unknown,
  schema: v.GenericSchema,
): Form {
  return { name, makes, body: schema, build: (options) => make(options) }
}

/** A function of a list: `maxOf: [ … ]`. */
export function listForm(
  makes: Contract,
  name: string,
  make: (...items: never[]) => unknown,
  item: v.GenericSchema,
): Form {
  const body = v.pipe(v.array(item), v.minLength(1))
  return { name, makes, body, build: (items: never) => make(...(items as never[])) }
}

/** A function of one value: `fixed: 3`. */
export function valueForm(
  makes: Contract,
  name: string,
  make: (value: never) => unknown,
  value: v.GenericSchema,
): Form {
  return { name, makes, body: value, build: (given) => make(given) }
}

type Entries = Readonly<Record<string, v.GenericSchema>>

/**
 * A function of one value and options, which stand side by side: `dampen: { policy: …, scaleIn: … }`. A value that is no
 * object may stand alone: `httpProbe: /health`.
 */
export function besideForm(
  makes: Contract,
  name: string,
  make: (value: never, options: never) => unknown,
  [valueName, value]: readonly [name: string, schema: v.GenericSchema],
  entries: Entries,
): Form {
  const whole = v.strictObject({ [valueName]: value, ...entries })
  const isAlone = ['string', 'number', 'boolean'].includes(value.type)
  return {
    name,
    makes,
    body: isAlone ? v.union([value, whole]) : whole,
    build(body: unknown) {
      if (typeof body !== 'object' || body === null) return make(body as never, {} as never)
      const { [valueName]: first, ...options } = body as Record<string, unknown>
      return make(first as never, options as never)
    },
  }
}
