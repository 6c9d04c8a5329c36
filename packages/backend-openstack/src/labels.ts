import { createHash } from 'node:crypto'

/**
 * Metadata that marks a server as an instance, and says whose. A restarted controller finds its group by it, and whatever
 * carries none is never touched.
 */
export const labels = {
  group: 'flotilla.group',
  token: 'flotilla.token',
  /** Hash of the template. */
  template: 'flotilla.template',
  /** Whose group, where several controllers use the same group names in one project. */
  scope: 'flotilla.scope',
  /** The zone that was asked for: Nova tells none while a server is being scheduled. */
  zone: 'flotilla.zone',
  /** Which of its ports and floating addresses were made by us and go with it: `port`, `port,floating-ip`. */
  owns: 'flotilla.owns',
  /** `spare` while it waits in the warm pool, `waking` once it was taken from there. */
  role: 'flotilla.role',
  /** The token it was made with, where it was taken from the warm pool since. */
  madeAs: 'flotilla.made-as',
} as const

/** What every name of such metadata begins with; no other metadata of an instance may. */
export const labelPrefix = 'flotilla.'

/** The tag of every server of ours: by it Nova lists those of all groups in one call. */
export const ownTag = 'flotilla'

/** Whose servers a backend looks at. */
export interface Owner {
  readonly group: string
  /** Undefined for the controller that was given none. */
  readonly scope: string | undefined
}

/** What the metadata of one server says. */
export interface Label extends Owner {
  readonly token: string
  readonly templateHash: string | undefined
  readonly zone: string | undefined
  /** Whether ports, and a floating address, of our making belong to it. */
  readonly owns: readonly string[]
  readonly role: 'spare' | 'waking' | undefined
  /** The token that its port and floating address carry: its own, or that of the spare that it was. */
  readonly madeAs: string
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

/** Undefined when it is nobody's. */
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

/** Whether what carries this label belongs to that owner. */
export function isOwned(label: Label | undefined, owner: Owner): label is Label {
  return label !== undefined && label.group === owner.group && label.scope === owner.scope
}

/** A server's name. Nova gives a name as often as it is asked to, so that nothing is told by it. */
export const serverName = (group: string, token: string): string => `${group}-${token}`

const longestTag = 60

/** Tags of a server: the common one, and one for its token, shortened to a hash where it is too long for a tag. */
export function ownTags(token: string): readonly string[] {
  const tag = `${ownTag}:${token}`
  if (tag.length <= longestTag) return [ownTag, tag]
  return [ownTag, `${ownTag}:${createHash('sha256').update(token).digest('hex').slice(0, 32)}`]
}

/** The group that a server was made for whose metadata somebody has removed, as its name and its tags tell together. */
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

/** Name of a port and description of a floating address that belong to an instance. No part of it has a dot. */
export function belongingMark({ scope, group, token }: Owner & { readonly token: string }): string {
  return [ownTag, ...(scope === undefined ? [] : [scope]), group, token].join('.')
}

/** The mark of what belongs to a server. */
export const markOf = ({ scope, group, madeAs }: Label): string =>
  belongingMark({ scope, group, token: madeAs })

/** Undefined when it is no such mark. */
export function readMark(
  text: string | undefined,
): { readonly scope: string | undefined; readonly group: string; readonly token: string } | undefined {
  const [first, ...parts] = text?.split('.') ?? []
  if (first !== ownTag || parts.length < 2 || parts.length > 3 || parts.includes('')) return undefined
  const [token = '', group = '', scope] = parts.toReversed()
  return { scope, group, token }
}
