import { createHash } from 'node:crypto'
import type { Server } from '@flotilla/openstack-client'

/**
 * Metadata that marks a server as an instance and names its group. A restarted controller finds its group by it. A server
 * without it is never touched.
 */
export const labels = {
  group: 'flotilla.group',
  token: 'flotilla.token',
  /** Hash of the template. */
  template: 'flotilla.template',
  /** Tells apart controllers that use the same group names in one project. */
  scope: 'flotilla.scope',
  /** The zone that was asked for: Nova shows none while a server is being scheduled. */
  zone: 'flotilla.zone',
  /** Kinds of what we made for the server and remove with it: `port`, `port,floating-ip`. */
  owns: 'flotilla.owns',
  /** `spare` while the server waits in the warm pool, `waking` once a launch has taken it. */
  role: 'flotilla.role',
  /** The token that a spare was made with; only after a launch has taken it. */
  madeAs: 'flotilla.made-as',
} as const

/** Every name of our metadata begins with this; users' metadata may not. */
export const labelPrefix = 'flotilla.'

/** The tag of every server of ours. Nova lists the servers of all groups by it in one call. */
export const ownTag = 'flotilla'

/** Whose servers they are. */
export interface Owner {
  readonly group: string
  /** Undefined for a controller without a scope. */
  readonly scope: string | undefined
}

/** What the metadata of one server says. */
export interface Label extends Owner {
  readonly token: string
  readonly templateHash: string | undefined
  readonly zone: string | undefined
  /** Kinds of what we made for the server: `port`, `floating-ip`. */
  readonly owns: readonly string[]
  readonly role: 'spare' | 'waking' | undefined
  /** The token that its port and floating address carry: its own, or that of the spare it was. */
  readonly madeAs: string
}

/** A server of ours, and what its metadata says. */
export interface OwnedServer {
  readonly server: Server
  readonly label: Label
}

export function writeLabel(label: Label): Readonly<Record<string, string>> {
  const { group, token, templateHash, scope, zone, owns, role, madeAs } = label
  return {
    [labels.group]: group,
    [labels.token]: token,
    ...(templateHash === undefined ? {} : { [labels.template]: templateHash }),
    ...(scope === undefined ? {} : { [labels.scope]: scope }),
    ...(zone === undefined ? {} : { [labels.zone]: zone }),
    ...(owns.length === 0 ? {} : { [labels.owns]: owns.join(',') }),
    ...(role === undefined ? {} : { [labels.role]: role }),
    ...(madeAs === token ? {} : { [labels.madeAs]: madeAs }),
  }
}

/** Undefined for metadata without our labels. */
export function readLabel(metadata: Readonly<Record<string, string>>): Label | undefined {
  const group = metadata[labels.group]
  const token = metadata[labels.token]
  if (group === undefined || token === undefined) return undefined
  return {
    group,
    token,
    templateHash: metadata[labels.template],
    scope: metadata[labels.scope],
    zone: metadata[labels.zone],
    owns: metadata[labels.owns]?.split(',') ?? [],
    role: roles.find((role) => role === metadata[labels.role]),
    madeAs: metadata[labels.madeAs] ?? token,
  }
}

const roles = ['spare', 'waking'] as const

/** Whether a label names this owner. */
export function isOwned(label: Label | undefined, owner: Owner): label is Label {
  return label !== undefined && label.group === owner.group && label.scope === owner.scope
}

/** A server's name. Nova lets several servers have one name, so it identifies nothing. */
export const serverName = (group: string, token: string): string => `${group}-${token}`

const longestTag = 60

/** Tags of a server: the common one, and one for its token, or for the token's hash where the token is too long for a tag. */
export function ownTags(token: string): readonly string[] {
  const tag = `${ownTag}:${token}`
  if (tag.length <= longestTag) return [ownTag, tag]
  return [ownTag, `${ownTag}:${createHash('sha256').update(token).digest('hex').slice(0, 32)}`]
}

/** The group of a server whose metadata somebody has removed, from its name and its tags; undefined where they do not match. */
export function groupOfTags({
  name,
  tags = [],
}: {
  readonly name: string
  readonly tags?: readonly string[] | undefined
}): string | undefined {
  for (const tag of tags) {
    const end = `-${tag.slice(`${ownTag}:`.length)}`
    if (tag.startsWith(`${ownTag}:`) && name.endsWith(end) && name.length > end.length)
      return name.slice(0, -end.length)
  }
  return undefined
}

/** The name of a port and the description of a floating address that belong to an instance. No part has a dot. */
export function belongingMark({ scope, group, token }: Owner & { readonly token: string }): string {
  return [ownTag, ...(scope === undefined ? [] : [scope]), group, token].join('.')
}

/** The mark of a server's ports and floating address. */
export const markOf = ({ scope, group, madeAs }: Label): string =>
  belongingMark({ scope, group, token: madeAs })

/** Undefined for a text that is no mark of ours. */
export function readMark(
  text: string | undefined,
): { readonly scope: string | undefined; readonly group: string; readonly token: string } | undefined {
  const [first, ...parts] = text?.split('.') ?? []
  if (first !== ownTag || parts.length < 2 || parts.length > 3 || parts.includes('')) return undefined
  const [token = '', group = '', scope] = parts.toReversed()
  return { scope, group, token }
}
