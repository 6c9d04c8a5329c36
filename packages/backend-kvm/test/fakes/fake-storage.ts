import type { VolumeRef } from '@flotilla/libvirt'
import { attributeOf, elementsAt, parseXml, textAt, xmlText, XmlWriter } from '../../src/xml/xml.js'
import { libvirtError, noVolume } from './fake-errors.js'

export interface FakeVolume {
  readonly format: string
  readonly capacityBytes: bigint
  readonly backing: string | undefined
  content: Uint8Array | undefined
}

/** One storage pool of type `dir`. */
export class FakePool {
  readonly name: string
  readonly directory: string
  readonly volumes = new Map<string, FakeVolume>()
  isFull = false
  /** Files that somebody put there without libvirt's knowledge: found by a refresh. */
  readonly unseen = new Map<string, FakeVolume>()
  /** What a guest would find in the backing image, where that is not what its own format says. */
  backingBytes: bigint | undefined

  constructor(name: string, directory: string) {
    this.name = name
    this.directory = directory
  }

  ref(name: string): VolumeRef {
    return { pool: this.name, name, key: `${this.directory}/${name}` }
  }

  refresh(): void {
    for (const [name, volume] of this.unseen) this.volumes.set(name, volume)
    this.unseen.clear()
  }

  find(name: string): FakeVolume {
    const found = this.volumes.get(name)
    if (found === undefined) throw noVolume(name)
    return found
  }

  byPath(path: string): FakeVolume | undefined {
    return path.startsWith(`${this.directory}/`)
      ? this.volumes.get(path.slice(this.directory.length + 1))
      : undefined
  }

  create(xml: string, backingOf: (path: string) => FakeVolume | undefined): VolumeRef {
    const root = parseXml(xml, 'create a volume')
    const name = textAt(root, 'name') ?? ''
    if (this.volumes.has(name)) throw libvirtError(90, 18, `storage volume '${name}' exists already`)
    if (this.isFull) {
      throw libvirtError(
        1,
        0,
        'internal error: Child process (/usr/bin/qemu-img create) unexpected exit status 1: No space left on device',
      )
    }
    const backing = textAt(root, 'backingStore', 'path')
    const base = backing === undefined ? undefined : backingOf(backing)
    if (backing !== undefined && base === undefined) {
      throw libvirtError(38, 18, `inaccessible backing store volume ${backing}: No such file or directory`)
    }
    const capacity = textAt(root, 'capacity')
    this.volumes.set(name, {
      format: attributeOf(elementsAt(root, 'target', 'format')[0], 'type') ?? 'raw',
      capacityBytes:
        capacity === undefined ? (this.backingBytes ?? base?.capacityBytes ?? 0n) : BigInt(capacity),
      backing,
      content: undefined,
    })
    return this.ref(name)
  }

  xmlOf(name: string): string {
    const volume = this.find(name)
    const writer = new XmlWriter()
    return xmlText(
      writer.element('volume', {
        children: [
          writer.element('name', { text: name }),
          writer.element('capacity', { attributes: { unit: 'bytes' }, text: String(volume.capacityBytes) }),
          writer.element('target', {
            children: [
              writer.element('path', { text: `${this.directory}/${name}` }),
              writer.element('format', { attributes: { type: volume.format } }),
            ],
          }),
          volume.backing === undefined
            ? undefined
            : writer.element('backingStore', {
                children: [writer.element('path', { text: volume.backing })],
              }),
        ],
      }),
    )
  }
}
