import { createHash } from 'node:crypto'

/** The parts of a machine's name. */
export interface MachineName {
  /** Tells apart controllers that use the same group names on one hypervisor. */
  readonly scope: string
  readonly group: string
  /** The launch token; of a machine that was made before any token, `_` and its own number. */
  readonly key: string
}

/** No group, token or scope has a dot, so a name is read back in one way only. */
export function domainName({ scope, group, key }: MachineName): string {
  return `${scope}.${group}.${key}`
}

const domainShape = /^([a-z][a-z0-9-]{0,31})\.([a-z0-9-]{1,63})\.(_?[a-z0-9-]{1,63})$/

/** A first filter only: what has such a name may still be a stranger's. */
export function readDomainName(name: string): MachineName | undefined {
  const [, scope, group, key] = domainShape.exec(name) ?? []
  return scope === undefined || group === undefined || key === undefined ? undefined : { scope, group, key }
}

/** The kinds of files that a machine has. */
export type FileKind = 'qcow2' | 'seed.iso' | 'console.log' | `disk${number}.qcow2`

/**
 * The common beginning of all files of one machine: the owner, a part of the domain's UUID, and the mark of the host that made
 * them. What two launches of one token make never has the same name, so that neither can take the other's away; and on
 * storage that several hosts share it is seen whose it is.
 */
export function fileStem(name: MachineName, uuid: string, mark: string): string {
  return `${domainName(name)}.${uuid.slice(0, 8)}-${mark}`
}

export function fileName(name: MachineName, uuid: string, mark: string, kind: FileKind): string {
  return `${fileStem(name, uuid, mark)}.${kind}`
}

/** The owner in a file's name. */
export interface FileOwner extends MachineName {
  /** The first eight characters of the domain's UUID. */
  readonly uuidPart: string
  /** The `hostMark` of the host that made the file. */
  readonly mark: string
}

const fileShape =
  /^([a-z][a-z0-9-]{0,31}\.[a-z0-9-]{1,63}\._?[a-z0-9-]{1,63})\.([0-9a-f]{8})-([0-9a-f]{8})\.(?:qcow2|seed\.iso|console\.log(?:\.\d)?|disk\d{1,2}\.qcow2)$/

export function readFileName(file: string): FileOwner | undefined {
  const [, domain = '', uuidPart, mark] = fileShape.exec(file) ?? []
  const name = readDomainName(domain)
  if (name === undefined || uuidPart === undefined || mark === undefined) return undefined
  return { ...name, uuidPart, mark }
}

/** A file's name without its directory. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** The part of a file's name that says on which host it was made, told from the host's UUID. */
export const hostMark = (uuid: string): string => hash(uuid)

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

/** The part of a host entry's name that all entries of a group share. */
export function groupMark({ scope, group }: Pick<MachineName, 'scope' | 'group'>): string {
  return hash(`${scope}.${group}`)
}

/**
 * A DHCP host entry's name, which the guest is told as its own: one DNS label that begins with a letter. libvirt refuses a
 * name twice, so as with files what two launches of one token make never has the same.
 */
export function hostName(name: MachineName, uuid: string): string {
  const readable = name.group.slice(0, 30)
  return `f-${readable}-${groupMark(name)}-${hash(`${domainName(name)} ${uuid}`)}`
}

/** The owner in a host entry's name. */
export function readHostName(name: string): { readonly groupMark: string } | undefined {
  const [, mark] = /^f-[a-z0-9-]{1,30}-([0-9a-f]{8})-[0-9a-f]{8}$/.exec(name) ?? []
  return mark === undefined ? undefined : { groupMark: mark }
}

/** A MAC address in QEMU's own range, told from what is unique about a card. */
export function macFor(uuid: string, index: number): string {
  const digest = createHash('sha256').update(`${uuid}/${index}`).digest('hex')
  return `52:54:00:${digest.slice(0, 2)}:${digest.slice(2, 4)}:${digest.slice(4, 6)}`
}
