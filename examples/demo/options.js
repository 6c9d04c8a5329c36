import { parseArgs } from 'node:util'

const numbers = /** @type {const} */ ({
  port: { default: 8080, min: 0, max: 65_535, whole: true, what: 'port of the proxy, 0 for any' },
  min: { default: 1, min: 1, max: 20, whole: true, what: 'fewest worker processes' },
  max: { default: 5, min: 2, max: 20, whole: true, what: 'most worker processes' },
  target: {
    default: 0.6,
    min: 0.05,
    max: 2,
    whole: false,
    what: 'share of its tenth of a core that a worker should use',
  },
  load: {
    default: 30,
    min: 1,
    max: 1000,
    whole: false,
    what: 'requests per second at the top, 8 ms of CPU each',
  },
  duration: {
    default: 25,
    min: 5,
    max: 600,
    whole: false,
    what: 'seconds to hold the load, after 10 of rise',
  },
})

/** @typedef {{ [Name in keyof typeof numbers]: number }} DemoOptions */

export const usage = `npm start -- [options]

Real worker processes behind an embedded proxy, real HTTP load, and a group that follows its CPU.

${Object.entries(numbers)
  .map(([name, { default: value, what }]) => `  --${name.padEnd(9)} ${what} (${value})`)
  .join('\n')}
  --help      this text

Ctrl-C ends everything that was started.`

/**
 * @param {string[]} args
 * @returns {DemoOptions | 'help'}
 * @throws Error in words for the user
 */
export function readOptions(args) {
  const text = /** @type {const} */ ({ type: 'string' })
  const { values } = parseArgs({
    args,
    options: {
      port: text,
      min: text,
      max: text,
      target: text,
      load: text,
      duration: text,
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) return 'help'
  const names = /** @type {(keyof typeof numbers)[]} */ (Object.keys(numbers))
  const read = names.map((name) => {
    const { default: fallback, min, max, whole } = numbers[name]
    const given = values[name]
    const value = given === undefined ? fallback : Number(given)
    const isGood = given !== '' && value >= min && value <= max && (!whole || Number.isInteger(value))
    if (!isGood)
      throw new Error(
        `--${name} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, got '${given}'`,
      )
    return [name, value]
  })
  /** @type {DemoOptions} */
  const options = Object.fromEntries(read)
  if (options.min >= options.max)
    throw new Error(`--min must be below --max, got ${options.min} and ${options.max}`)
  return options
}
