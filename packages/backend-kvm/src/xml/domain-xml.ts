import { FlotillaError } from '@flotilla/core'
import { metadata, ownerElement, readOwner, type Owner } from '../labels.js'
import type { Template } from '../options.js'
import { attributeOf, elementsAt, parseXml, textAt, xmlText, XmlWriter, type Element } from './xml.js'

/** What one machine's domain is made of, beside the template. */
export interface DomainParts {
  readonly name: string
  readonly uuid: string
  readonly owner: Owner
  /** Absolute, on the hypervisor. */
  readonly overlayPath: string
  readonly diskPaths: readonly string[]
  readonly seedPath: string | undefined
  readonly consolePath: string | undefined
}

/** Seconds from one reading of the guest's own memory figures to the next. */
const memoryStatsSeconds = 5

/** The domain's XML. Built as a tree: nothing that comes from outside can become markup. */
export function domainXml(template: Template, parts: DomainParts): string {
  const writer = new XmlWriter()
  const { name, uuid, owner } = parts
  const isEfi = template.firmware === 'efi'
  return xmlText(
    writer.element('domain', {
      attributes: { type: template.domainType },
      children: [
        writer.element('name', { text: name }),
        writer.element('uuid', { text: uuid }),
        writer.element('metadata', { children: [ownerElement(writer, owner)] }),
        writer.element('memory', { attributes: { unit: 'MiB' }, text: template.memoryMib }),
        writer.element('vcpu', { text: template.vcpus }),
        writer.element('os', {
          attributes: { firmware: isEfi ? 'efi' : undefined },
          children: [
            writer.element('type', { attributes: { machine: template.machine }, text: 'hvm' }),
            writer.element('boot', { attributes: { dev: 'hd' } }),
          ],
        }),
        writer.element('features', { children: [writer.element('acpi'), writer.element('apic')] }),
        template.domainType === 'kvm'
          ? writer.element('cpu', { attributes: { mode: 'host-model' } })
          : undefined,
        writer.element('on_poweroff', { text: 'destroy' }),
        writer.element('on_reboot', { text: 'restart' }),
        // A guest that panicked is destroyed and stays defined as crashed, so that it is told of.
        writer.element('on_crash', { text: 'destroy' }),
        writer.element('devices', { children: devices(writer, template, parts) }),
      ],
    }),
  )
}

function devices(writer: XmlWriter, template: Template, parts: DomainParts): readonly Element[] {
  const { overlayPath, diskPaths, seedPath, consolePath, owner } = parts
  const paths = [overlayPath, ...diskPaths]
  return [
    ...paths.map((path, index) => disk(writer, { path, target: driveName(index) })),
    ...(seedPath === undefined
      ? []
      : [disk(writer, { path: seedPath, target: driveName(paths.length), isSeed: true })]),
    ...template.networks.map((network, index) => {
      const isBridge = typeof network === 'object'
      return writer.element('interface', {
        attributes: { type: isBridge ? 'bridge' : 'network' },
        children: [
          writer.element('mac', { attributes: { address: owner.macs[index] } }),
          writer.element('source', {
            attributes: isBridge ? { bridge: network.bridge } : { network },
          }),
          writer.element('model', { attributes: { type: 'virtio' } }),
        ],
      })
    }),
    writer.element('serial', {
      attributes: { type: consolePath === undefined ? 'pty' : 'file' },
      children: [
        consolePath === undefined
          ? undefined
          : writer.element('source', { attributes: { path: consolePath, append: 'on' } }),
        writer.element('target', { attributes: { port: 0 } }),
      ],
    }),
    ...(template.agent
      ? [
          writer.element('channel', {
            attributes: { type: 'unix' },
            children: [
              writer.element('target', {
                attributes: { type: 'virtio', name: 'org.qemu.guest_agent.0' },
              }),
            ],
          }),
        ]
      : []),
    writer.element('memballoon', {
      attributes: { model: 'virtio' },
      children: [writer.element('stats', { attributes: { period: memoryStatsSeconds } })],
    }),
    // Without it a panic is told to nobody.
    writer.element('panic', { attributes: { model: 'isa' } }),
    writer.element('rng', {
      attributes: { model: 'virtio' },
      children: [writer.element('backend', { attributes: { model: 'random' }, text: '/dev/urandom' })],
    }),
  ]
}

/** vda, vdb, … */
const driveName = (index: number): string => `vd${String.fromCodePoint(97 + index)}`

interface DiskParts {
  readonly path: string
  readonly target: string
  readonly isSeed?: boolean | undefined
}

function disk(writer: XmlWriter, { path, target, isSeed = false }: DiskParts): Element {
  return writer.element('disk', {
    attributes: { type: 'file', device: 'disk' },
    children: [
      writer.element('driver', { attributes: { name: 'qemu', type: isSeed ? 'raw' : 'qcow2' } }),
      writer.element('source', { attributes: { file: path } }),
      writer.element('target', { attributes: { dev: target, bus: 'virtio' } }),
      isSeed ? writer.element('readonly') : undefined,
    ],
  })
}

/**
 * What the caller's own hook made of it, if that is still the machine it was.
 *
 * @throws FlotillaError `invalid-template`
 */
export function hookedXml(
  xml: string,
  hook: ((xml: string) => string) | undefined,
  parts: DomainParts,
): string {
  if (hook === undefined) return xml
  let changed: unknown
  try {
    changed = hook(xml)
  } catch (error) {
    throw new FlotillaError('invalid-template', `the xml hook failed on ${parts.name}`, { cause: error })
  }
  if (typeof changed !== 'string') {
    throw new FlotillaError('invalid-template', 'the xml hook must return the changed XML as a string')
  }
  const root = parseXml(changed, 'what the xml hook returned')
  const own = elementsAt(root, 'metadata', metadata.element).find(
    (element) => element.namespaceURI === metadata.uri,
  )
  const owner = own === undefined ? undefined : readOwner(xmlText(own))
  const isSame =
    root.localName === 'domain' &&
    textAt(root, 'name') === parts.name &&
    textAt(root, 'uuid') === parts.uuid &&
    owner?.group === parts.owner.group &&
    owner.token === parts.owner.token &&
    owner.scope === parts.owner.scope
  if (!isSame) {
    const message = 'the xml hook must leave the name, the uuid and our metadata of the domain as they are'
    throw new FlotillaError('invalid-template', message)
  }
  return changed
}

/** The files that a domain has as its own disks, not as what they are based on. */
export function ownDiskPaths(xml: string): readonly string[] {
  const root = parseXml(xml, "read a domain's XML")
  return elementsAt(root, 'devices', 'disk', 'source').flatMap((source) => {
    const path = attributeOf(source, 'file') ?? attributeOf(source, 'dev')
    if (path !== undefined) return [path]
    const [pool, volume] = [attributeOf(source, 'pool'), attributeOf(source, 'volume')]
    return pool === undefined || volume === undefined ? [] : [`${pool}/${volume}`]
  })
}
