import jsep from 'jsep'
import { messageOf } from '../../errors.js'

/** A number, or undefined where something that it needs is missing or no finite number. */
export type ExpressionValue = number | undefined

/** An expression that was read once and can be evaluated often. */
export interface Expression {
  /** The names it uses, each once. */
  readonly names: readonly string[]
  evaluate(values: ReadonlyMap<string, ExpressionValue>): ExpressionValue
}

const mostCharacters = 1000
const mostNodes = 250
const deepest = 32

/**
 * Reads an expression over named numbers: `+ - * / % **`, comparisons, `&& || !`, `a ? b : c`, `a ?? b`, brackets, and
 * `min max sum mean abs ceil floor round sqrt int float clamp(x, low, high)`.
 *
 * What is missing stays missing: it makes the whole missing, until `??` gives something else for it, and so does a
 * division by zero. `??` beside another operator needs brackets: to JavaScript `a + b ?? 0` is `(a + b) ?? 0`, to KEDA
 * `a + (b ?? 0)`. A comparison is 1 or 0, and anything but 0 is true. There is nothing else: no property, no text, no
 * call of anything but these functions; nothing is compiled, and the work is bounded by the length.
 *
 * @returns the expression, or in words what is wrong with the text
 */
export function readExpression(text: string): Expression | string {
  if (text.length > mostCharacters) return `at most ${mostCharacters} characters long`
  try {
    const names = new Set<string>()
    const counter = { nodes: 0 }
    refuseMixed(text)
    const evaluate = compile(jsep(text), { names, counter, depth: 0 })
    return { names: [...names], evaluate }
  } catch (error) {
    return `an expression that can be read (${messageOf(error)})`
  }
}

/**
 * Refuses a `??` that stands beside another operator without brackets between them. The tree no longer knows of brackets,
 * so this looks at the text: what lies between two brackets, commas or halves of a `? :` has only the one or the other.
 */
function refuseMixed(text: string): void {
  const marked = text.replace(/(?<!\w)(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/g, '0').replaceAll('??', '§')
  const open: string[] = []
  let here = ''
  const check = (): void => {
    if (here.includes('§') && /[-+*/%<>=!&|]/.test(here)) {
      throw new Error('?? beside another operator needs brackets: (a ?? 0) + b')
    }
  }
  for (const sign of marked) {
    if (sign === '(') {
      open.push(here)
      here = ''
    } else if (sign === ')') {
      check()
      here = open.pop() ?? ''
    } else if (sign === ',' || sign === '?' || sign === ':') {
      check()
      here = ''
    } else here += sign
  }
  check()
}

type Evaluate = Expression['evaluate']

interface Reading {
  readonly names: Set<string>
  readonly counter: { nodes: number }
  readonly depth: number
}

/** The tree as functions, so that what is not in the language is refused when it is read, and not when it is evaluated. */
function compile(given: jsep.Expression, above: Reading): Evaluate {
  const reading = { ...above, depth: above.depth + 1 }
  above.counter.nodes += 1
  if (above.counter.nodes > mostNodes || above.depth > deepest) throw new Error('it is too long')
  const part = (inner: jsep.Expression): Evaluate => compile(inner, reading)
  const node = given as jsep.CoreExpression
  switch (node.type) {
    case 'Literal':
      return literal(node.value)
    case 'Identifier':
      return identifier(node.name, reading.names)
    case 'UnaryExpression':
      return unary(node.operator, part(node.argument))
    case 'BinaryExpression':
      if (node.operator === '**' && node.left.type === 'UnaryExpression') {
        // -2 ** 2 is 4 to some and -4 to others; JavaScript refuses it too.
        throw new Error('a sign before ** says too little: 0 - a ** b, or (0 - a) ** b')
      }
      return binary(node.operator, part(node.left), part(node.right))
    case 'ConditionalExpression':
      return conditional(part(node.test), part(node.consequent), part(node.alternate))
    case 'CallExpression':
      return call(node.callee as jsep.CoreExpression, node.arguments.map(part))
    case 'Compound':
      throw new Error('it must be one expression')
    case 'SequenceExpression':
    case 'MemberExpression':
    case 'ThisExpression':
    case 'ArrayExpression':
    default:
      throw new Error(`there is no ${given.type} in the language`)
  }
}

function literal(value: unknown): Evaluate {
  const number = typeof value === 'boolean' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw new Error(`${String(value)} is not a number`)
  return () => number
}

function identifier(name: string, names: Set<string>): Evaluate {
  names.add(name)
  return (values) => finite(values.get(name))
}

function unary(operator: string, inner: Evaluate): Evaluate {
  const work = unaries.get(operator)
  if (work === undefined) throw new Error(`there is no operator ${operator}`)
  return (values) => {
    const value = inner(values)
    return value === undefined ? undefined : work(value)
  }
}

function binary(operator: string, left: Evaluate, right: Evaluate): Evaluate {
  if (operator === '??') return (values) => left(values) ?? right(values)
  if (operator === '&&' || operator === '||') {
    return (values) => {
      const first = left(values)
      if (first === undefined) return undefined
      return (first !== 0) === (operator === '||') ? first : right(values)
    }
  }
  const work = binaries.get(operator)
  if (work === undefined) throw new Error(`there is no operator ${operator}`)
  return (values) => {
    const a = left(values)
    const b = right(values)
    return a === undefined || b === undefined ? undefined : finite(work(a, b))
  }
}

function conditional(test: Evaluate, consequent: Evaluate, alternate: Evaluate): Evaluate {
  return (values) => {
    const value = test(values)
    if (value === undefined) return undefined
    return value === 0 ? alternate(values) : consequent(values)
  }
}

function call(callee: jsep.CoreExpression, inputs: readonly Evaluate[]): Evaluate {
  if (callee.type !== 'Identifier') throw new Error('only a function of the language can be called')
  const { name } = callee
  const found = functions.get(name)
  if (found === undefined) throw new Error(`there is no function ${name}`)
  const [least, most, work] = found
  if (inputs.length < least || inputs.length > most) {
    throw new Error(`${name} takes ${least === most ? least : `${least} or more`}, not ${inputs.length}`)
  }
  return (values) => {
    const numbers: number[] = []
    for (const input of inputs) {
      const value = input(values)
      if (value === undefined) return undefined
      numbers.push(value)
    }
    return finite(work(...numbers))
  }
}

const finite = (value: ExpressionValue): ExpressionValue =>
  value !== undefined && Number.isFinite(value) ? value : undefined

const unaries: ReadonlyMap<string, (value: number) => number> = new Map([
  ['-', (value) => -value],
  ['+', (value) => value],
  ['!', (value) => Number(value === 0)],
])

const binaries: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ['+', (a, b) => a + b],
  ['-', (a, b) => a - b],
  ['*', (a, b) => a * b],
  ['/', (a, b) => a / b],
  ['%', (a, b) => a % b],
  ['**', (a, b) => a ** b],
  ['<', (a, b) => Number(a < b)],
  ['<=', (a, b) => Number(a <= b)],
  ['>', (a, b) => Number(a > b)],
  ['>=', (a, b) => Number(a >= b)],
  ['==', (a, b) => Number(a === b)],
  ['===', (a, b) => Number(a === b)],
  ['!=', (a, b) => Number(a !== b)],
  ['!==', (a, b) => Number(a !== b)],
])

const sum = (...values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

type NumberFunction = readonly [least: number, most: number, work: (...values: number[]) => number]

const functions: ReadonlyMap<string, NumberFunction> = new Map<string, NumberFunction>([
  ['min', [1, Infinity, Math.min]],
  ['max', [1, Infinity, Math.max]],
  ['sum', [1, Infinity, sum]],
  ['mean', [1, Infinity, (...values) => sum(...values) / values.length]],
  ['abs', [1, 1, Math.abs]],
  ['ceil', [1, 1, Math.ceil]],
  ['floor', [1, 1, Math.floor]],
  ['round', [1, 1, Math.round]],
  ['int', [1, 1, Math.trunc]],
  ['float', [1, 1, (value = 0) => value]],
  ['sqrt', [1, 1, Math.sqrt]],
  ['clamp', [3, 3, (value = 0, low = 0, high = 0) => Math.max(low, Math.min(high, value))]],
])

/** The names of functions, which no metric can have in an expression. */
export const functionNames: ReadonlySet<string> = new Set(functions.keys())
