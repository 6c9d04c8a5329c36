import * as v from 'valibot'

type Check<T> = v.GenericSchema<T>

/** A whole number in a range. */
export const wholeNumber = (min: number = 0, max: number = Number.MAX_SAFE_INTEGER): Check<number> => {
  const message =
    max === Number.MAX_SAFE_INTEGER ? `a whole number >= ${min}` : `a whole number from ${min} to ${max}`
  return v.pipe(v.number(message), v.safeInteger(message), v.minValue(min, message), v.maxValue(max, message))
}

/** A finite number in a range, both ends included. */
export const finiteNumber = (min: number = -Infinity, max: number = Infinity): Check<number> => {
  const from = min === -Infinity ? '' : ` >= ${min}`
  const to = max === Infinity ? '' : `${from === '' ? '' : ' and'} <= ${max}`
  const message = `a finite number${from}${to}`
  return v.pipe(v.number(message), v.finite(message), v.minValue(min, message), v.maxValue(max, message))
}

/** A finite number above 0. */
export const positiveNumber = (): Check<number> => {
  const message = 'a finite number > 0'
  return v.pipe(
    v.number(message),
    v.finite(message),
    v.check((value) => value > 0, message),
  )
}

/** The longest time any option may name: what a Node timer can wait, 24.8 days. */
export const longestMs: number = 2 ** 31 - 1

/** A time in milliseconds. */
export const milliseconds = (min: number = 0): Check<number> => {
  const message = `milliseconds, a finite number from ${min} to ${longestMs}`
  return v.pipe(
    v.number(message),
    v.finite(message),
    v.minValue(min, message),
    v.maxValue(longestMs, message),
  )
}

/** A string that is not empty. */
export const text = (): Check<string> => {
  const message = 'a string that is not empty'
  return v.pipe(v.string(message), v.nonEmpty(message))
}

/**
 * Marks a schema as of something that only a program can give, for whoever reads options from elsewhere.
 *
 * @param contract - what is wanted, such as `a policy`
 */
export const made = <T>(contract: string, schema: Check<T>): Check<T> =>
  v.pipe(schema, v.metadata({ contract }))

/**
 * A function.
 *
 * @typeParam T - its type, which cannot be looked at and is taken as said
 */
export const func = <T extends (...args: never[]) => unknown>(): Check<T> =>
  made(
    'a function',
    v.custom<T>((value) => typeof value === 'function', 'a function'),
  )

/** An AbortSignal, also one of another realm. */
export const abortSignal = (): Check<AbortSignal> =>
  v.custom<AbortSignal>(
    (value) => Object.prototype.toString.call(value) === '[object AbortSignal]',
    'an AbortSignal',
  )

/** An object that has these methods: a contract's implementation. */
export const having = <T extends object>(what: string, ...methods: readonly (keyof T & string)[]): Check<T> =>
  made(
    what,
    v.custom<T>(
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
      `${what}, an object with ${methods.map((method) => `${method}()`).join(', ')}`,
    ),
  )

/** A group's name or a launch token: safe in a host name, a label, a file name and a vendor's own name. */
export const name = (): Check<string> => {
  const message = 'lower-case letters, digits and inner hyphens, 1 to 63 characters'
  return v.pipe(v.string(message), v.regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, message))
}
