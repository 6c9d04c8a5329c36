import type { DomainRef, Hypervisor } from '@flotilla/libvirt'
import type { CallBound, Link } from '../connection/link.js'
import { isNoDomain, isNoSnapshot, isUnsupported } from '../errors.js'
import { baseName, readFileName } from '../names.js'
import { readIdleChains, type IdleDisk } from './idle-chains.js'

/** A domain, of whomever, and how it has to do with one of our files. */
export interface FileUse {
  readonly host: Link
  readonly ref: DomainRef
  /** The file's path as the domain has it. */
  readonly path: string
  /** A disk of the domain's that is based on the file, where it does not name the file itself. */
  readonly basedDisk?: string | undefined
}

/** The files and MAC addresses that the domains of one hypervisor use. */
export interface HostUses {
  readonly host: Link
  /** Our files, by base name: the path of a shared file differs from host to host. */
  readonly files: ReadonlyMap<string, readonly FileUse[]>
  /** By MAC address, in lower case. */
  readonly macs: ReadonlyMap<string, readonly DomainRef[]>
  /** Disks of powered-off domains whose backing chain could not be read: each could be based on any file. */
  readonly unreadable: readonly { readonly ref: DomainRef; readonly path: string; readonly why: string }[]
}

/** VIR_DOMAIN_XML_INACTIVE: what it will have at its next start. */
const inactiveXml = 2

/**
 * Asks every domain of a hypervisor, ours or not, running or not, what it uses: by its XML as it runs and as it is stored,
 * with the backing chains in it, by its snapshots', and by the backing chains of what is powered off. libvirt has no such
 * question, so the names of our files are looked for in all that XML, wherever in it they stand.
 */
export async function readUses(host: Link, signal: AbortSignal): Promise<HostUses> {
  const files = new Map<string, FileUse[]>()
  const macs = new Map<string, DomainRef[]>()
  const idle: IdleDisk[] = []
  const note = (use: FileUse): void => {
    const file = baseName(use.path)
    const known = files.get(file)
    if (known === undefined) files.set(file, [use])
    else known.push(use)
  }
  await host.ask({ what: 'ask all domains what they use', signal }, async (hypervisor, call) => {
    const refs = await hypervisor.connectListAllDomains(0, call)
    await Promise.all(
      refs.map(async (ref) => {
        const texts = await textsOf(hypervisor, ref, call)
        for (const text of texts) {
          const bare = withoutMetadata(text)
          for (const path of mentionedFiles(bare)) note({ host, ref, path })
          for (const mac of mentionedMacs(bare)) macs.set(mac, [...(macs.get(mac) ?? []), ref])
        }
        const [own] = texts
        if (ref.id < 0 && own !== undefined) idle.push(...strangeDisks(own).map((disk) => ({ ref, ...disk })))
      }),
    )
  })
  const { based, unreadable } = await readIdleChains(host, idle, signal)
  for (const { ref, path, basedDisk } of based) note({ host, ref, path, basedDisk })
  return { host, files, macs, unreadable }
}

/** A domain's own XML first, then its other selves. None where it is gone by now. */
async function textsOf(hypervisor: Hypervisor, ref: DomainRef, call: CallBound): Promise<readonly string[]> {
  try {
    const [now, stored, snapshots] = await Promise.all([
      hypervisor.domainGetXmlDesc(ref, 0, call),
      ref.id < 0 ? undefined : hypervisor.domainGetXmlDesc(ref, inactiveXml, call),
      snapshotsOf(hypervisor, ref, call),
    ])
    return [now, ...(stored === undefined ? [] : [stored]), ...snapshots]
  } catch (error) {
    if (isNoDomain(error)) return []
    throw error
  }
}

async function snapshotsOf(
  hypervisor: Hypervisor,
  ref: DomainRef,
  call: CallBound,
): Promise<readonly string[]> {
  try {
    const names = await hypervisor.domainListAllSnapshots(ref, call)
    return await Promise.all(
      names.map(async (name) => {
        try {
          return await hypervisor.domainSnapshotGetXmlDesc(ref, name, call)
        } catch (error) {
          if (isNoSnapshot(error)) return ''
          throw error
        }
      }),
    )
  } catch (error) {
    // A driver without snapshots has none.
    if (isUnsupported(error)) return []
    throw error
  }
}

/** Our own notes name files too, also where somebody copied them to another domain: that is no use. */
function withoutMetadata(xml: string): string {
  return xml.replaceAll(/<metadata>[\s\S]*?<\/metadata>/g, '')
}

/** Names that `fileName` writes, with any ending: a snapshot's file has another one. */
const ourFile =
  /(?:[^<>"']*\/)?[a-z][a-z0-9-]{0,31}\.[a-z0-9-]{1,63}\._?[a-z0-9-]{1,63}\.[0-9a-f]{8}-[0-9a-f]{8}\.[^<>"'/]+/g

/** The paths (or names) of our files in some XML. */
export function mentionedFiles(xml: string): readonly string[] {
  return [...new Set((xml.match(ourFile) ?? []).map(unescaped))]
}

function mentionedMacs(xml: string): readonly string[] {
  return [...xml.matchAll(/<mac address=["']([0-9a-fA-F:]{17})["']/g)].map(([, mac = '']) =>
    mac.toLowerCase(),
  )
}

const disk = /<disk\b[\s\S]*?<\/disk>/g
const topSource = /<source [^>]*?\b(?:file|dev)=(?:'([^']*)'|"([^"]*)")/

/** Disks of a powered-off domain that may be based on anything: not raw ones, and not ours, which are based on the golden image. */
function strangeDisks(xml: string): readonly Omit<IdleDisk, 'ref'>[] {
  return (xml.match(disk) ?? []).flatMap((text) => {
    if (/<driver [^>]*\btype=["']raw["']/.test(text)) return []
    const [, single, double] = topSource.exec(text) ?? []
    const path = unescaped(single ?? double ?? '')
    if (path === '' || readFileName(baseName(path)) !== undefined) return []
    return [{ path, isRecorded: /<backingStore\b[^>]*>\s*</.test(text) }]
  })
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescaped(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] ?? '')
}
