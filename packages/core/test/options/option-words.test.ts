import { describe, expect, it } from 'vitest'
import { invalidOption } from '../../src/authoring.js'
import * as core from '../../src/index.js'
import { type Constructor, everyConstructor } from './every-constructor.js'

const good = everyConstructor.at(-1)?.args[0] as object

const junk: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a number', -3.5],
  ['NaN', Number.NaN],
  ['an empty text', ''],
  ['a text', 'no such thing'],
  ['true', true],
  ['an empty list', []],
  ['a list', [3, null]],
  ['an empty object', {}],
  ['an object', { no: 'such', option: 3 }],
  ['a function', () => 'an answer'],
  ['a map', new Map()],
  ['a symbol', Symbol('s')],
]

/** Every way to put one bad value somewhere into arguments that are good. */
function* spoiled(
  args: readonly unknown[],
): Generator<{ readonly at: string; readonly args: readonly unknown[] }> {
  for (const [index, arg] of args.entries()) {
    for (const { at, value } of spoiledValues(arg, String(index))) {
      yield { at, args: args.with(index, value) }
    }
  }
  yield { at: 'no arguments', args: [] }
}

function* spoiledValues(
  value: unknown,
  at: string,
): Generator<{ readonly at: string; readonly value: unknown }> {
  for (const [what, bad] of junk) yield { at: `${at}: ${what}`, value: bad }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const inner of spoiledValues(item, `${at}.${index}`)) {
        yield { at: inner.at, value: value.with(index, inner.value) }
      }
    }
  } else if (isPlain(value)) {
    for (const [key, item] of Object.entries(value)) {
      for (const inner of spoiledValues(item, `${at}.${key}`)) {
        yield { at: inner.at, value: { ...value, [key]: inner.value } }
      }
      const { [key]: _, ...rest } = value
      yield { at: `${at}.${key}: left out`, value: rest }
    }
    // In a record every name is the user's own.
    if (!at.endsWith('.shadow') && !at.endsWith('.metrics')) {
      yield { at: `${at}: one more`, value: { ...value, zzzz: 'hunter2' } }
    }
  }
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

const messageOf = (build: Constructor['build'], args: readonly unknown[]): string | undefined => {
  try {
    build(...(args as readonly never[]))
    return undefined
  } catch (error) {
    if (!(error instanceof core.FlotillaError)) throw error
    return error.message
  }
}

/** What only a programmer who knows the validator would understand, in front of what was given. */
const rawWords =
  /\b(Array|Object|Invalid|Expected|received|never|unknown|non-optional)\b|must be (given$|(Map|Function|boolean|string|number)\b|[<>=("[])|\/[\^$]/

/** Whether a function refuses junk by its own name, as a constructor of a user's does. */
function checksItsOptions(name: string, call: (...args: unknown[]) => unknown): boolean {
  try {
    const answer = call(Symbol('junk'), Symbol('junk'))
    if (answer instanceof Promise) answer.catch(() => {})
    return false
  } catch (error) {
    return error instanceof core.FlotillaError && error.message.startsWith(name)
  }
}

describe('every constructor', () => {
  it('is in the table', () => {
    const known = new Set(everyConstructor.map(({ name }) => name))
    const missing = Object.entries(core).filter(([name, value]) => {
      if (known.has(name) || typeof value !== 'function' || value.prototype?.constructor === value)
        return false
      return checksItsOptions(name, value as (...args: unknown[]) => unknown)
    })
    expect(missing.map(([name]) => name)).toEqual([])
  })

  it.each(everyConstructor)('$name takes the arguments of the table', ({ build, args }) => {
    expect(messageOf(build, args)).toBeUndefined()
  })

  it.each(everyConstructor)('$name says what would do in words, whatever it is given', ({ build, args }) => {
    const raw: string[] = []
    for (const { at, args: bad } of spoiled(args)) {
      let message: string | undefined
      try {
        message = messageOf(build, bad)
      } catch (error) {
        raw.push(`${at}: threw ${String(error)}`)
        continue
      }
      if (message === undefined) continue
      const wanted = message.split(', got ')[0] ?? ''
      if (rawWords.test(wanted) || message.includes('hunter2')) raw.push(`${at}: ${message}`)
    }
    expect(raw).toEqual([])
  })

  const optionsOf = ({ args }: Constructor): readonly (readonly [number, string])[] =>
    args.flatMap((arg, index) => {
      if (!isPlain(arg) || 'evaluate' in arg) return []
      return Object.keys(arg)
        .filter((key) => key.length > 4)
        .map((key) => [index, key] as const)
    })

  it.each(everyConstructor.filter((one) => optionsOf(one).length > 0))(
    '$name asks about a misspelt option whether its right name was meant',
    (constructor) => {
      const { build, args } = constructor
      for (const [index, key] of optionsOf(constructor)) {
        const given = args[index] as Record<string, unknown>
        const { [key]: value, ...rest } = given
        const misspelt = `${key.slice(0, 2)}${key.slice(3)}`
        const message = messageOf(build, args.with(index, { ...rest, [misspelt]: value }))
        expect(message).toContain(`${misspelt} must be left out: there is no such option; did you mean`)
        expect(message).toMatch(new RegExp(`[\`.]${key}\`\\?$`))
      }
    },
  )
})

describe('an option that there is not', () => {
  const build = (options: object) => (): unknown => new core.Autoscaler({ ...good, ...options } as never)

  it.each([
    [{ readyTimeoutMs: 5 }, 'readyTimeoutMs', 'launch.readyTimeoutMs'],
    [{ interval: 5 }, 'interval', 'intervalMs'],
    [{ launch: { paralel: 5 } }, 'launch.paralel', 'launch.parallel'],
    [{ health: { parallel: 5 } }, 'health.parallel', 'launch.parallel'],
    [{ behavior: { scalein: {} } }, 'behavior.scalein', 'behavior.scaleIn'],
    [{ policies: [] }, 'policies', 'policy'],
  ])('%j is asked about by the place where it belongs', (options, given, meant) => {
    expect(build(options)).toThrow(
      `Autoscaler: ${given} must be left out: there is no such option; did you mean \`${meant}\`?`,
    )
  })

  it('is told which there are, when none is near and they are few', () => {
    expect(() => core.tcpProbe({ zzzz: 1 } as never)).toThrow(
      'tcpProbe: zzzz must be left out: there is no such option; there is timeoutMs, port',
    )
  })
})

describe('a value that will not do', () => {
  it.each([
    [
      () => new core.Autoscaler({ ...good, policy: [] } as never),
      'Autoscaler: policy must be a policy, or a list of at least one policy, got []',
    ],
    [
      () => core.targetTracking('cpu' as never),
      "targetTracking must be an object of options (metric, target, type, tolerance, shrinkWhileOver, starting), got 'cpu'",
    ],
    [() => core.tcpProbe(3 as never), 'tcpProbe must be an object of options (timeoutMs, port), got 3'],
    [
      () => core.targetTracking({ target: 1 } as never),
      'targetTracking: metric must be a string that is not empty, got undefined',
    ],
    [
      () => core.hostMetrics({ whenMissing: {} } as never),
      "hostMetrics: whenMissing.kind must be one of 'hold', 'last', 'assume', 'fail', got undefined",
    ],
    [
      () => core.targetTracking({ metric: 'cpu', target: 1, type: 'sum' } as never),
      "targetTracking: type must be one of 'average', 'value', got 'sum'",
    ],
  ])('%# is told in words', (build, message) => {
    expect(build).toThrow(message)
  })
})

describe('a secret', () => {
  it('that stands inside of a bad value is not shown', () => {
    const value = { user: 'u', password: 'hunter2', url: 'http://u:hunter2@host/' }
    const { message } = invalidOption('docker', 'registry', value, 'an address')
    expect(message).toBe(
      "docker: registry must be an address, got { user: 'u', password: '(hidden)', url: 'http://(hidden)@host/' }",
    )
  })
})
