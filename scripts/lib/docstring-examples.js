import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootDirectory } from './workspace.js'

/**
 * An example in a docstring.
 *
 * @typedef {object} DocstringExample
 * @property {string} path - of its file, in the repository
 * @property {number} line - of its first line there, from 1
 * @property {string} code
 */

/**
 * The examples in the docstrings of all packages: their fences of `ts`.
 *
 * @returns {DocstringExample[]}
 */
export function docstringExamples() {
  return readdirSync(join(rootDirectory, 'packages')).flatMap((name) => {
    const source = `packages/${name}/src`
    const files = readdirSync(join(rootDirectory, source), { recursive: true, encoding: 'utf8' })
    return files
      .filter((file) => file.endsWith('.ts'))
      .toSorted()
      .flatMap((file) => examplesIn(`${source}/${file.replaceAll('\\', '/')}`))
  })
}

/**
 * @param {string} path - in the repository
 * @returns {DocstringExample[]}
 */
function examplesIn(path) {
  const text = readFileSync(join(rootDirectory, path), 'utf8')
  return [...text.matchAll(/^[ \t]*\* ```ts\n(.*?)^[ \t]*\* ```$/gms)].map(({ 1: fenced = '', index }) => ({
    path,
    line: text.slice(0, index).split('\n').length + 1,
    code: fenced.replaceAll(/^[ \t]*\* ?/gm, ''),
  }))
}
