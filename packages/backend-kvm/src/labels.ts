import { attributeOf, parseXml, xmlText, XmlWriter, type Element } from './xml/xml.js'

/** Our element in a domain's `<metadata>`. */
export const metadata = { key: 'flotilla', uri: 'urn:flotilla:machine:1', element: 'machine' } as const

/** How far a machine of the warm pool is. */
export type WarmPhase = 'preparing' | 'ready'

/** The metadata of a domain: its owner, and what was made for it. */
export interface Owner {
  /** The domain's own: metadata that were copied to another domain do not make that one ours. */
  readonly uuid: string
  readonly scope: string
  readonly group: string
  /** Absent while it waits in the warm pool. */
  readonly token: string | undefined
  readonly templateHash: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** When it left the warm pool, epoch milliseconds. */
  readonly claimedAt?: number | undefined
  /** How far it is, while it waits in the warm pool. */
  readonly warm?: WarmPhase | undefined
  /** MAC addresses of its network cards. */
  readonly macs: readonly string[]
  /** Where its files are, and which. */
  readonly pool?: string | undefined
  readonly directory?: string | undefined
  readonly files: readonly string[]
  /** The network that has its DHCP host entry, and the entry's name. */
  readonly entryNetwork?: string | undefined
  readonly entryName?: string | undefined
  /**
   * When it was ended and could not be removed whole, epoch milliseconds: it is no instance any more, and goes as soon as
   * nobody uses its files.
   */
  readonly endedAt?: number | undefined
  /** When it was seen as migrated away, epoch milliseconds: libvirt forgets that when it is started anew. */
  readonly migratedAt?: number | undefined
  /** Expiry, in seconds since the epoch, of a lease that its MAC address had before it was started. */
  readonly staleLease?: string | undefined
}

export function ownerElement(writer: XmlWriter, owner: Owner): Element {
  return writer.elementIn(metadata.uri, `${metadata.key}:${metadata.element}`, {
    attributes: {
      uuid: owner.uuid,
      scope: owner.scope,
      group: owner.group,
      token: owner.token,
      template: owner.templateHash,
      created: owner.createdAt,
      claimed: owner.claimedAt,
      warm: owner.warm,
      macs: owner.macs.join(' '),
      pool: owner.pool,
      directory: owner.directory,
      files: owner.files.join(' '),
      'entry-network': owner.entryNetwork,
      'entry-name': owner.entryName,
      'stale-lease': owner.staleLease,
      ended: owner.endedAt,
      migrated: owner.migratedAt,
    },
  })
}

/** The element alone, as `domainSetMetadata` takes it: libvirt adds the name space itself. */
export function ownerXml(owner: Owner): string {
  const element = ownerElement(new XmlWriter(), owner)
  const bare = new XmlWriter().element(metadata.element)
  for (const { name, value } of element.attributes) {
    if (!name.startsWith('xmlns')) bare.setAttribute(name, value)
  }
  return xmlText(bare)
}

/** Undefined when it says nothing that we wrote. */
export function readOwner(xml: string): Owner | undefined {
  const element = parseXml(xml, 'read the metadata of a domain')
  const get = (name: string): string | undefined => attributeOf(element, name)
  const scope = get('scope')
  const group = get('group')
  const createdAt = Number(get('created'))
  if (element.localName !== metadata.element || scope === undefined || group === undefined) return undefined
  const token = get('token')
  const phase = get('warm')
  if (token === undefined && phase === undefined) return undefined
  const claimed = get('claimed')
  const ended = get('ended')
  const migrated = get('migrated')
  return {
    uuid: get('uuid') ?? '',
    scope,
    group,
    token,
    templateHash: get('template') ?? '',
    createdAt: Number.isFinite(createdAt) ? createdAt : 0,
    ...(claimed === undefined ? {} : { claimedAt: Number(claimed) }),
    ...(ended === undefined ? {} : { endedAt: Number(ended) }),
    ...(migrated === undefined ? {} : { migratedAt: Number(migrated) }),
    ...(phase === 'preparing' || phase === 'ready' ? { warm: phase } : {}),
    macs: words(get('macs')),
    pool: get('pool'),
    directory: get('directory'),
    files: words(get('files')),
    entryNetwork: get('entry-network'),
    entryName: get('entry-name'),
    staleLease: get('stale-lease'),
  }
}

const words = (text: string | undefined): readonly string[] =>
  (text ?? '').split(' ').filter((word) => word !== '')
