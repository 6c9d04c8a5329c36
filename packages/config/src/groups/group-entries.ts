import { isMap, isScalar, type Node } from 'yaml'
import type { Path } from '../make/read-value.js'
import { entriesOf } from '../source/mapping.js'
import type { Named } from '../source/sections.js'

/** Takes what is wrong at a place of a file. */
export type TellOf = (source: Named['source'], at: Node | undefined, path: Path, message: string) => void

/**
 * The entries of a group, and under `extends` those of what it shares with others, where it does not say them itself.
 *
 * @param shared - by name
 * @returns undefined when it is no mapping
 */
export function groupEntriesOf(
  { source, key, value }: Named,
  path: Path,
  shared: ReadonlyMap<string, Named>,
  tell: TellOf,
  seen: readonly string[] = [],
): readonly Named[] | undefined {
  if (!isMap(value)) {
    tell(source, value ?? key, path, 'must be a mapping of options')
    return undefined
  }
  const own = entriesOf(value, source.document).map((entry) => ({ ...entry, source }))
  const base = own.find(({ name }) => name === 'extends')
  if (base === undefined) return own
  const rest = own.filter(({ name }) => name !== 'extends')
  const named = isScalar(base.value) ? String(base.value.value) : ''
  const from = shared.get(named)
  if (from === undefined || seen.includes(named)) {
    const words = from === undefined ? nameWords([...shared.keys()]) : 'another name: this one extends itself'
    tell(base.source, base.value ?? base.key, [...path, 'extends'], `must be ${words}`)
    return rest
  }
  const below = groupEntriesOf(from, ['shared', named], shared, tell, [...seen, named]) ?? []
  return [...rest, ...below.filter(({ name }) => !own.some((one) => one.name === name))]
}

const nameWords = (known: readonly string[]): string =>
  `a name under \`shared\`${known.length === 0 ? ', where there is none' : `: ${known.join(', ')}`}`
