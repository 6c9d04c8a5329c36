import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the checkout, without a trailing slash. */
export const rootDirectory = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

/**
 * @typedef {object} Package
 * @property {string} name - `@flotilla/core`
 * @property {string} directory - absolute
 * @property {string[]} entries - what users import: `@flotilla/core`, `@flotilla/core/testing`
 */

/**
 * The packages that are published, in the order of their folders.
 *
 * @returns {Package[]}
 */
export function publishedPackages() {
  const parent = join(rootDirectory, 'packages')
  return readdirSync(parent)
    .toSorted()
    .map((folder) => {
      const directory = join(parent, folder)
      const manifest = readManifest(directory)
      const entries = Object.keys(manifest.exports ?? {}).filter((entry) => entry !== './package.json')
      return {
        name: manifest.name,
        directory,
        entries: entries.map((entry) => manifest.name + entry.slice(1)),
      }
    })
}

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {Record<string, unknown>} [exports]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 */

/**
 * @param {string} directory
 * @returns {Manifest}
 */
export function readManifest(directory) {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
}
