import type { Address } from '@flotilla/core'

/** A member as the file names it. */
export interface WrittenMember {
  readonly id: string
  readonly address: Address
}

/** What a file written by us tells when it is read back, as after a restart of the controller. */
export type FoundConfig =
  | { readonly kind: 'none' }
  | { readonly kind: 'ours'; readonly members: readonly WrittenMember[] }
  /** Somebody else's, or of another upstream. */
  | { readonly kind: 'foreign'; readonly reason: string }

const header = /^# flotilla balancer-nginx format (\d+) upstream (\S+)$/

/** The first line of the file, without its `#`. */
export function headerLine(upstream: string): string {
  return `flotilla balancer-nginx format 1 upstream ${upstream}`
}

/** What stands behind a server's line, so that its member is known again. */
export function idComment(id: string): string {
  return `id ${encodeURIComponent(id)}`
}

/**
 * Our own file out of what a command printed: a login script may have printed something before it. A text that is not ours
 * stays as it is.
 */
export function ownText(output: string): string {
  const at = output.search(/^# flotilla balancer-nginx format \d+ upstream \S+$/m)
  return at < 0 ? output : output.slice(at)
}

/** Reads our own file back. An empty one is nobody's: it may be there so that an `include` finds it. */
export function readWritten(text: string | undefined, upstream: string): FoundConfig {
  if (text === undefined || text.trim() === '') return { kind: 'none' }
  const lines = text.split('\n')
  const [, , owner] = header.exec(lines[0] ?? '') ?? []
  if (owner === undefined) return { kind: 'foreign', reason: 'it was not written by Flotilla' }
  if (owner !== upstream) return { kind: 'foreign', reason: `it is the file of upstream ${owner}` }
  return { kind: 'ours', members: lines.flatMap(memberIn) }
}

function memberIn(line: string): readonly WrittenMember[] {
  const [, host, port, encoded] = /^\s+server \[?([\w.:-]+?)\]?:(\d+)(?: .*)?; # id (\S+)$/.exec(line) ?? []
  if (host === undefined || encoded === undefined) return []
  try {
    return [{ id: decodeURIComponent(encoded), address: { host, port: Number(port) } }]
  } catch {
    // Somebody changed the line; what it was is not ours to guess.
    return []
  }
}
