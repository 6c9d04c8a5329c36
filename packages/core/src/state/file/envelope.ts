import { createHash } from 'node:crypto'
import type { Json } from '../../json.js'

const format = 'flotilla-state'

/** Raised when an older Flotilla could not make sense of what this one writes. */
export const stateVersion = 1

/** What the text of a state file turned out to be. */
export type Opened =
  | { readonly kind: 'state'; readonly state: Json }
  | { readonly kind: 'damaged'; readonly reason: string }
  | { readonly kind: 'newer'; readonly version: number }

/**
 * A state with what is needed to tell that it is whole, ours and of this group.
 *
 * @param stateText - plain JSON
 * @param savedAt - epoch milliseconds; for people
 */
export function sealState(group: string, stateText: string, savedAt: number): string {
  const head = { format, version: stateVersion, group, savedAt: new Date(savedAt).toISOString() }
  // Put together as text, so that a large state is not parsed and written again.
  const content = `${JSON.stringify(head).slice(0, -1)},"state":${stateText}`
  return `${content},"checksum":"${digest(`${content}}`)}"}\n`
}

/** The reverse. A file cut off, changed, of another group or of something else entirely is damaged. */
export function openState(group: string, text: string): Opened {
  let envelope: unknown
  try {
    envelope = JSON.parse(text)
  } catch {
    return damaged(text === '' ? 'the file is empty' : 'the file is not whole: it does not end as JSON')
  }
  if (
    typeof envelope !== 'object' ||
    envelope === null ||
    !('format' in envelope) ||
    envelope.format !== format
  ) {
    return damaged('the file is not a state of Flotilla')
  }
  const { checksum, ...content } = envelope as Readonly<Record<string, Json>>
  const { version, group: owner, state } = content
  // First of all: a version is only to be believed in a file that is whole. Every version keeps this checksum.
  if (checksum !== digest(JSON.stringify(content))) {
    return damaged('the checksum does not fit: the file was changed, or its disk failed')
  }
  if (typeof version === 'number' && version > stateVersion) return { kind: 'newer', version }
  if (version !== stateVersion) return damaged('the file has no version that was ever written')
  if (owner !== group) return damaged(`the file is of group ${JSON.stringify(owner)}`)
  return state === undefined ? damaged('the file holds no state') : { kind: 'state', state }
}

function damaged(reason: string): Opened {
  return { kind: 'damaged', reason }
}

function digest(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}
