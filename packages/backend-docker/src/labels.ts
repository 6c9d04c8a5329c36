import { labels } from '@flotilla/docker-engine'

/** Whose containers a backend looks at. */
export interface Owner {
  readonly group: string
  /** Undefined for the controller that was given none. */
  readonly scope: string | undefined
}

/** What the labels of one container say. */
export interface Label extends Owner {
  readonly token: string
  readonly templateHash: string | undefined
}

export function writeLabel({ group, token, templateHash, scope }: Label): Readonly<Record<string, string>> {
  return {
    [labels.group]: group,
    [labels.token]: token,
    ...(templateHash === undefined ? {} : { [labels.template]: templateHash }),
    ...(scope === undefined ? {} : { [labels.scope]: scope }),
  }
}

/** Undefined when it is nobody's. */
export function readLabel(found: Readonly<Record<string, string>> | null | undefined): Label | undefined {
  const group = found?.[labels.group]
  const token = found?.[labels.token]
  if (group === undefined || token === undefined) return undefined
  return { group, token, templateHash: found?.[labels.template], scope: found?.[labels.scope] }
}

/** Whether what carries this label belongs to that owner. */
export function isOwned(label: Label | undefined, owner: Owner): label is Label {
  return label !== undefined && label.group === owner.group && label.scope === owner.scope
}

/** An id that an engine could have given: nothing else may become part of an address. */
export const isContainerId = (id: string): boolean => /^[0-9a-f]{64}$/.test(id)

/** A container's name: unique on its engine, so that of two launches of one token only one makes a container. */
export function containerName(group: string, token: string): string {
  return `${group}-${token}`
}
