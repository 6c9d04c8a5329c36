import { readFileSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'

/**
 * Modules and all that they need, in the order to load them. Names that no file has are built into the kernel.
 *
 * @param {string} directory - `/lib/modules/VERSION/kernel`
 * @param {readonly string[]} names
 * @returns {{ name: string, content: Buffer }[]}
 */
export function kernelModules(directory, names) {
  /** @type {Map<string, string>} */
  const files = new Map()
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.ko')) continue
    files.set(basename(entry.name, '.ko').replaceAll('-', '_'), `${entry.parentPath}/${entry.name}`)
  }
  /** @type {Map<string, Buffer>} */
  const ordered = new Map()
  const add = (/** @type {string} */ name) => {
    const file = files.get(name)
    if (file === undefined || ordered.has(name)) return
    const content = readFileSync(file)
    // A module says what it needs among the zero-ended texts of its `.modinfo`.
    const needs = /\0depends=([^\0]*)\0/.exec(content.toString('latin1'))?.[1] ?? ''
    for (const one of needs.split(',').filter(Boolean)) add(one.replaceAll('-', '_'))
    ordered.set(name, content)
  }
  for (const name of names) add(name)
  return [...ordered].map(([name, content]) => ({ name, content }))
}
