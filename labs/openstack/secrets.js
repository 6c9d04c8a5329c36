import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @import { Places } from './places.js' */

const names = /** @type {const} */ (['admin', 'services', 'users', 'database', 'messages'])

/** @typedef {Record<typeof names[number], string>} Secrets */

/**
 * Passwords of this lab, made when it first comes up.
 *
 * @param {Places} places
 * @returns {Secrets}
 */
export function secretsOf({ workDirectory }) {
  const file = join(workDirectory, 'secrets.json')
  if (!existsSync(file)) {
    const made = Object.fromEntries(names.map((name) => [name, randomBytes(12).toString('hex')]))
    writeFileSync(file, JSON.stringify(made), { mode: 0o600 })
  }
  return JSON.parse(readFileSync(file, 'utf8'))
}
