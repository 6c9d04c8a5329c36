import { didYouMean } from '@flotilla/core/authoring'
import { isMap } from 'yaml'
import type { ConfigProblem } from '../problem.js'
import { entriesOf, type Entry } from './mapping.js'
import type { Source } from './source.js'

const sections = ['connections', 'shared', 'groups'] as const

/** A part of a file that has a name: a group, a connection, what groups share. */
export interface Named extends Entry {
  readonly source: Source
}

export type Sections = Readonly<Record<(typeof sections)[number], readonly Named[]>>

/**
 * What stands in the sections of all files together. Keys that begin with `x-` are left alone: they hold anchors, as in
 * Compose files.
 *
 * @param tell - takes what is wrong
 */
export function readSections(sources: readonly Source[], tell: (problem: ConfigProblem) => void): Sections {
  const found = { connections: [] as Named[], shared: [] as Named[], groups: [] as Named[] }
  for (const source of sources) {
    const faults = source.faults
    for (const fault of faults) tell(fault)
    if (faults.length === 0) collect(source, found, tell)
  }
  return found
}

function collect(
  source: Source,
  found: Readonly<Record<(typeof sections)[number], Named[]>>,
  tell: (problem: ConfigProblem) => void,
): void {
  const { contents } = source.document
  if (!isMap(contents)) {
    tell(source.problem(contents ?? undefined, '', `the file must be a mapping with ${sections.join(', ')}`))
    return
  }
  for (const { key, name, value } of entriesOf(contents, source.document)) {
    const section = sections.find((one) => one === name)
    if (section === undefined) {
      if (!name.startsWith('x-')) tell(source.problem(key, name, `${name} ${unknownWords(name, sections)}`))
    } else if (isMap(value)) {
      for (const entry of entriesOf(value, source.document)) add({ ...entry, source }, section, found, tell)
    } else {
      tell(source.problem(value ?? key, name, `${name} must be a mapping of names`))
    }
  }
}

/** A name stands once in all files together. */
function add(
  one: Named,
  section: (typeof sections)[number],
  found: Readonly<Record<(typeof sections)[number], Named[]>>,
  tell: (problem: ConfigProblem) => void,
): void {
  const first = found[section].find(({ name }) => name === one.name)
  if (first === undefined) {
    found[section].push(one)
    return
  }
  const field = `${section}.${one.name}`
  tell(one.source.problem(one.key, field, `${field} must stand once; ${first.source.file} has it too`))
}

/** Why a key must go, and what was probably meant. */
export function unknownWords(name: string, known: readonly string[]): string {
  const meant = didYouMean(name, known)
  const hint = meant === undefined ? `there is ${known.join(', ')}` : `did you mean \`${meant}\`?`
  return `must be left out: there is no such option; ${hint}`
}
