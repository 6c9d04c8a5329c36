import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * @typedef {object} Tree
 * @property {number} packageCount the package itself and all that it brings
 * @property {number} bytes of their files
 */

/**
 * What a user gets who installs one package: itself, and everything below it. Optional peers do not come by themselves.
 *
 * @param {string} name
 * @param {string} project - where it is installed
 * @returns {Tree}
 */
export function installedTree(name, project) {
  /** @type {Set<string>} */
  const found = new Set()
  const waiting = [{ name, from: project }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const directory = resolved(next.name, next.from, project)
    if (directory === undefined || found.has(directory)) continue
    found.add(directory)
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      readFileSync(join(directory, 'package.json'), 'utf8'),
    )
    for (const other of Object.keys({ ...dependencies, ...optionalDependencies })) {
      waiting.push({ name: other, from: directory })
    }
  }
  let bytes = 0
  for (const directory of found) bytes += bytesOf(directory)
  return { packageCount: found.size, bytes }
}

/**
 * Where Node would find it; undefined for an optional one that was not installed.
 *
 * @param {string} name
 * @param {string} from
 * @param {string} project
 */
function resolved(name, from, project) {
  for (let place = from; place.startsWith(project); place = dirname(place)) {
    const directory = join(place, 'node_modules', name)
    if (existsSync(join(directory, 'package.json'))) return directory
  }
  return undefined
}

/** Without the packages that are installed inside it. @param {string} directory @returns {number} */
function bytesOf(directory) {
  let sum = 0
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue
    const path = join(directory, entry.name)
    if (entry.isDirectory()) sum += bytesOf(path)
    else if (entry.isFile()) sum += statSync(path).size
  }
  return sum
}
