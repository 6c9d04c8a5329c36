import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rootDirectory } from './workspace.js'

/** The doors of `@flotilla/core`: what users import, and the file that says what is in it. */
export const doors = [
  { name: '@flotilla/core', file: 'packages/core/src/index.ts' },
  { name: '@flotilla/core/authoring', file: 'packages/core/src/authoring.ts' },
  { name: '@flotilla/core/testing', file: 'packages/core/src/testing/index.ts' },
]

/**
 * The names that a file exports, types included, each with the file that it is declared in.
 *
 * @param {string} file - from the root
 * @returns {Map<string, string>}
 */
export function exportsOf(file) {
  const text = readFileSync(join(rootDirectory, file), 'utf8')
  /** @type {Map<string, string>} */
  const found = new Map()
  const at = (/** @type {string} */ specifier) => join(dirname(file), specifier).replace(/\.js$/, '.ts')
  for (const [, list = '', from = ''] of text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)'/gm)) {
    for (const part of list.split(',')) {
      const name = part
        .trim()
        .replace(/^type /, '')
        .replace(/^.* as /, '')
      if (name !== '') found.set(name, at(from))
    }
  }
  for (const [, name = '', from = ''] of text.matchAll(/^export \* as (\w+) from '([^']+)'/gm)) {
    found.set(name, at(from))
  }
  for (const [, from = ''] of text.matchAll(/^export (?:type )?\* from '([^']+)'/gm)) {
    for (const [name, where] of exportsOf(at(from))) found.set(name, where)
  }
  const declared =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm
  for (const [, name = ''] of text.matchAll(declared)) found.set(name, file)
  return found
}

/** In `index.ts` a group is a folder of `src`. */
const titleOfFolder = new Map([
  ['', 'Model, contracts, errors'],
  ['async', 'Model, contracts, errors'],
  ['metrics', 'Metrics'],
  ['http', 'Metrics'],
  ['probes', 'Probes'],
  ['policies', 'Policies'],
  ['decide', 'Deciding'],
  ['state', 'State'],
  ['controller', 'The autoscaler'],
])

/**
 * The names that a door exports, in groups: in `index.ts` by folder, elsewhere by the comment above them.
 *
 * @param {string} file - from the root
 * @returns {{ title: string, names: string[] }[]}
 */
export function groupsOf(file) {
  const exported = exportsOf(file)
  /** @type {Map<string, string[]>} */
  const groups = new Map()
  const add = (/** @type {string} */ title, /** @type {string} */ name) => {
    groups.set(title, [...(groups.get(title) ?? []), name])
  }
  if (file.endsWith('src/index.ts')) {
    for (const [name, where] of exported) {
      const [folder = '', ...rest] = where.split('/src/')[1]?.split('/') ?? []
      add(titleOfFolder.get(rest.length === 0 ? '' : folder) ?? 'More', name)
    }
  } else {
    const text = readFileSync(join(rootDirectory, file), 'utf8')
    /** @type {Set<string>} */
    const seen = new Set()
    const parts = text.split(/^\/\/ (.*)$/m)
    for (let index = 1; index < parts.length; index += 2) {
      const body = parts[index + 1] ?? ''
      for (const name of exported.keys()) {
        if (seen.has(name) || !new RegExp(`\\b${name}\\b[^/]*? from '`).test(body)) continue
        seen.add(name)
        add((parts[index] ?? '').replace(/\.$/, ''), name)
      }
    }
    for (const name of exported.keys()) if (!seen.has(name)) add('More', name)
  }
  return [...groups].map(([title, names]) => ({ title, names: names.toSorted() }))
}
