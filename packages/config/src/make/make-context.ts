import type { FormContext } from '@flotilla/core/authoring'
import type { Catalog } from '../forms/catalog.js'
import type { ReadContext } from './read-value.js'

/** What is around the things of a file while they are made. */
export interface MakeContext extends ReadContext {
  readonly catalog: Catalog
  readonly form: FormContext
  /** Where paths of modules begin. */
  readonly directory: string
  /** Connections by the names that the file gives them. */
  readonly connections: ReadonlyMap<string, unknown>
  /** How many problems were told so far. */
  readonly count: () => number
}
