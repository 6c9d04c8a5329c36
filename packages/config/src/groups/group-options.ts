import { groupSchema } from '@flotilla/core/forms'
import type * as v from 'valibot'
import { partsOf } from '../schema/schema-parts.js'

/** What only a program has. */
const ofProgram: ReadonlySet<string> = new Set(['clock', 'logger', 'random'])

/** The options of a group that stand in a file, by name. */
export const groupEntries: Readonly<Record<string, v.GenericSchema>> = Object.fromEntries(
  Object.entries(partsOf(groupSchema).entries ?? {}).filter(([name]) => !ofProgram.has(name)),
)
