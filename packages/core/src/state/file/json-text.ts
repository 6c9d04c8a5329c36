import { FlotillaError } from '../../errors.js'
import type { Json } from '../../json.js'

const deepest = 100

/**
 * A state as text, which `JSON.parse` turns back into an equal one.
 *
 * @throws FlotillaError `invalid-options` naming the place, when something in it is not plain JSON: `JSON.stringify` would
 *   silently make null of NaN and text of a Date
 */
export function jsonText(state: Json): string {
  checkJson(state, '', 0)
  return JSON.stringify(state)
}

function checkJson(value: unknown, path: string, depth: number): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (!Number.isFinite(value)) throw notJson(path, `${value}, which JSON cannot hold`)
      return
    case 'object':
      if (value !== null) checkParts(value, path, depth)
      return
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      throw notJson(path, `of type ${typeof value}`)
  }
}

function checkParts(value: object, path: string, depth: number): void {
  if (depth === deepest) throw notJson(path, `more than ${deepest} levels deep, or part of itself`)
  if (Array.isArray(value)) {
    // By index, as holes are skipped by forEach and become null in JSON.
    for (let index = 0; index < value.length; index += 1)
      checkJson(value[index], `${path}/${index}`, depth + 1)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw notJson(path, 'an object of a class')
  if ('toJSON' in value) throw notJson(path, 'an object with a toJSON of its own')
  for (const [key, part] of Object.entries(value)) {
    if (part !== undefined) checkJson(part, `${path}/${key}`, depth + 1)
  }
}

function notJson(path: string, what: string): FlotillaError {
  const where = path === '' ? 'the state' : `the state at ${path.slice(0, 200)}`
  return new FlotillaError('invalid-options', `save state: ${where} is ${what}`, { field: path })
}
