import { dirname, isAbsolute, join } from 'node:path'
import { errnoOf, messageOf } from '@flotilla/core/authoring'
import type { DomainRef, Hypervisor } from '@flotilla/libvirt'
import type { CallBound, Link } from '../connection/link.js'
import { qcow2Backing } from '../disks/qcow2-backing.js'
import { isNoVolume } from '../errors.js'
import { readVolume } from '../xml/volume-xml.js'

/** A disk of a powered-off domain, whose XML need not say what the disk is based on. */
export interface IdleDisk {
  readonly ref: DomainRef
  readonly path: string
  /** Whether it does say so: libvirt writes it down when it takes a snapshot. */
  readonly isRecorded: boolean
}

export interface IdleChains {
  /** The backing files of the disks: one for each link of a chain. */
  readonly based: readonly { readonly ref: DomainRef; readonly path: string; readonly basedDisk: string }[]
  readonly unreadable: readonly { readonly ref: DomainRef; readonly path: string; readonly why: string }[]
}

/** No chain is longer; one that closes on itself ends here. */
const mostLinks = 64

/** Follows what disks are based on: by the storage pools they are in, or on this host by the images themselves. */
export async function readIdleChains(
  host: Link,
  disks: readonly IdleDisk[],
  signal: AbortSignal,
): Promise<IdleChains> {
  const based: IdleChains['based'][number][] = []
  const unreadable: IdleChains['unreadable'][number][] = []
  if (disks.length === 0) return { based, unreadable }
  await host.ask({ what: 'read backing chains', signal }, async (hypervisor, call) => {
    const known = new Map<string, Promise<string | undefined>>()
    const backingOf = async (path: string): Promise<string | undefined> => {
      const asked = known.get(path) ?? backing(host, hypervisor, path, call)
      known.set(path, asked)
      return asked
    }
    await Promise.all(
      disks.map(async ({ ref, path: basedDisk, isRecorded }) => {
        try {
          let path: string | undefined = basedDisk
          for (let links = 0; path !== undefined && links < mostLinks; links += 1) {
            path = await backingOf(path)
            if (path !== undefined) based.push({ ref, path, basedDisk })
          }
        } catch (error) {
          call.signal.throwIfAborted()
          if (!isRecorded) unreadable.push({ ref, path: basedDisk, why: messageOf(error) })
        }
      }),
    )
  })
  return { based, unreadable }
}

/** The backing file of one image. */
async function backing(
  host: Link,
  hypervisor: Hypervisor,
  path: string,
  call: CallBound,
): Promise<string | undefined> {
  try {
    const volume = await hypervisor.storageVolLookupByPath(path, call)
    return readVolume(await hypervisor.storageVolGetXmlDesc(volume, call)).backingPath
  } catch (error) {
    if (!isNoVolume(error)) throw error
    if (!host.isLocal) throw new Error('it is in no storage pool there', { cause: error })
  }
  try {
    const name = await qcow2Backing(path)
    if (name === undefined || isAbsolute(name)) return name
    if (/^[a-z]+:/.test(name)) throw new Error(`it is based on ${name}`)
    return join(dirname(path), name)
  } catch (error) {
    // Without the image itself, nothing can be lost that it was based on.
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
