import { attributeOf, elementsAt, parseXml, textAt, xmlText, XmlWriter } from './xml.js'

/** The image that clones are based on. */
export interface Backing {
  readonly path: string
  readonly format: string
}

/**
 * A linked clone. Without a capacity of its own: it takes the one that QEMU finds in its backing image, which then is
 * compared with the golden image's.
 */
export function overlayXml(name: string, backing: Backing): string {
  const writer = new XmlWriter()
  return xmlText(
    writer.element('volume', {
      children: [
        writer.element('name', { text: name }),
        writer.element('target', {
          children: [
            writer.element('format', { attributes: { type: 'qcow2' } }),
            // Without it libvirt writes the format of 2009.
            writer.element('compat', { text: '1.1' }),
          ],
        }),
        writer.element('backingStore', {
          children: [
            writer.element('path', { text: backing.path }),
            writer.element('format', { attributes: { type: backing.format } }),
          ],
        }),
      ],
    }),
  )
}

/** An empty volume. */
export function blankXml(name: string, format: 'qcow2' | 'raw', capacityBytes: number): string {
  const writer = new XmlWriter()
  return xmlText(
    writer.element('volume', {
      children: [
        writer.element('name', { text: name }),
        writer.element('capacity', { attributes: { unit: 'bytes' }, text: capacityBytes }),
        writer.element('allocation', { attributes: { unit: 'bytes' }, text: 0 }),
        writer.element('target', {
          children: [
            writer.element('format', { attributes: { type: format } }),
            format === 'qcow2' ? writer.element('compat', { text: '1.1' }) : undefined,
          ],
        }),
      ],
    }),
  )
}

/** What a volume's XML says of it. */
export interface VolumeFacts {
  readonly path: string | undefined
  readonly format: string | undefined
  readonly capacityBytes: bigint
  /** Of the image that it is based on. */
  readonly backingPath: string | undefined
}

export function readVolume(xml: string): VolumeFacts {
  const root = parseXml(xml, "read a volume's XML")
  const capacity = textAt(root, 'capacity') ?? '0'
  return {
    path: textAt(root, 'target', 'path'),
    format: attributeOf(elementsAt(root, 'target', 'format')[0], 'type'),
    backingPath: textAt(root, 'backingStore', 'path'),
    // libvirt gives it in bytes.
    capacityBytes: /^\d+$/.test(capacity) ? BigInt(capacity) : 0n,
  }
}

/** Pools whose volumes are files in one directory. */
const fileTypes: ReadonlySet<string> = new Set(['dir', 'fs', 'netfs'])

/** The directory of a pool; undefined when its volumes are not files of one. */
export function readPoolDirectory(xml: string): string | undefined {
  const root = parseXml(xml, "read a pool's XML")
  return fileTypes.has(attributeOf(root, 'type') ?? '') ? textAt(root, 'target', 'path') : undefined
}
