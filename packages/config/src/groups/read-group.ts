import { Autoscaler, FlotillaError, type AutoscalerOptions, type Backend } from '@flotilla/core'
import { optionErrors } from '@flotilla/core/authoring'
import * as v from 'valibot'
import type { Node } from 'yaml'
import type { MakeContext } from '../make/make-context.js'
import { optionWords } from '../make/option-words.js'
import { readValue } from '../make/read-value.js'
import { nodeAt } from '../source/mapping.js'
import { unknownWords, type Named } from '../source/sections.js'
import type { Source } from '../source/source.js'
import { groupEntriesOf, type TellOf } from './group-entries.js'
import { groupEntries } from './group-options.js'

/** What is around a group while it is read. */
export interface GroupSurroundings {
  readonly shared: ReadonlyMap<string, Named>
  readonly tell: TellOf
  /** How many problems were told so far. */
  readonly count: () => number
  readonly contextOf: (source: Source, backend: Backend | undefined) => MakeContext
}

const schema = v.strictObject({ group: v.unknown(), ...groupEntries })
const known = [...Object.keys(groupEntries), 'extends']

/** The options of the group that a file describes; undefined where something is wrong, which is told. */
export async function readGroup(
  group: Named,
  { shared, tell, count, contextOf }: GroupSurroundings,
): Promise<AutoscalerOptions | undefined> {
  const path = ['groups', group.name]
  const before = count()
  const given: Record<string, unknown> = { group: group.name }
  const places = new Map<string, { readonly node: Node | undefined; readonly source: Source }>()
  let backend: Backend | undefined
  const entries = groupEntriesOf(group, path, shared, tell)
  if (entries === undefined) return undefined
  for (const { name, key, value, source } of backendFirst(entries)) {
    const entry = Object.hasOwn(groupEntries, name) ? groupEntries[name] : undefined
    if (entry === undefined) {
      tell(source, key, [...path, name], unknownWords(name, known))
      continue
    }
    const told = count()
    given[name] = await readValue(value, entry, [...path, name], contextOf(source, backend))
    places.set(name, { node: value ?? key, source })
    if (name === 'backend' && count() === told) backend = given['backend'] as Backend
  }

  const tellError = (error: FlotillaError, of: string): void => {
    const [name = '', ...below] = (error.field ?? '').split('.')
    const place = places.get(name)
    const node = place && nodeAt(place.node, below, place.source.document)
    const field = name === '' || name === 'group' ? path : [...path, name, ...below]
    tell(place?.source ?? group.source, node ?? group.key, field, optionWords(of, error))
  }
  for (const error of optionErrors('group', schema, given)) tellError(error, 'group')
  if (count() > before) return undefined
  const options = given as unknown as AutoscalerOptions
  try {
    // It is made once, to hear what it says of options that do not go together.
    void new Autoscaler(options)
    return options
  } catch (error) {
    if (!(error instanceof FlotillaError)) throw error
    tellError(error, 'Autoscaler')
    return undefined
  }
}

/** Sources may read from the backend, so that it is there before them. */
function backendFirst(entries: readonly Named[]): readonly Named[] {
  return entries.toSorted((a, b) => Number(b.name === 'backend') - Number(a.name === 'backend'))
}
