import { readFileSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { rootDirectory } from './workspace.js'

/** @typedef {ReadonlyMap<string, readonly string[]>} Imports by file, from the root; what each imports, types included */

/**
 * What every source file of the packages imports: files from the root, packages by their names.
 *
 * @returns {Imports}
 */
export function sourceImports() {
  const files = readdirSync(join(rootDirectory, 'packages')).flatMap((name) => {
    const folder = `packages/${name}/src`
    return readdirSync(join(rootDirectory, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => posix.join(folder, file.replaceAll('\\', '/')))
      .filter((file) => file.endsWith('.ts'))
  })
  return new Map(
    files.map((file) => [file, importsOf(file, readFileSync(join(rootDirectory, file), 'utf8'))]),
  )
}

/**
 * @param {string} file - from the root
 * @param {string} text
 */
export function importsOf(file, text) {
  const specifiers = [...text.matchAll(/^(?:import|export|\}).*? from '([^']+)'|import\('([^']+)'\)/gm)]
  return specifiers.map(([, from, dynamic]) => {
    const specifier = from ?? dynamic ?? ''
    if (!specifier.startsWith('.')) return specifier
    return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts')
  })
}
