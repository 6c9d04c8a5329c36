import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { LibvirtError, connect, type DomainRef, type Hypervisor } from '@flotilla/libvirt'
import { groupMark, readHostName } from '../../src/names.js'
import { hostEntryXml, readNetwork } from '../../src/xml/network-xml.js'
import { xmlText, XmlWriter } from '../../src/xml/xml.js'
import { network, pool } from './lab.js'

/** What the tests do round the backend. */
export class RawHypervisor {
  readonly hypervisor: Hypervisor

  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor
  }

  static async open(uri: string): Promise<RawHypervisor> {
    return new RawHypervisor(await connect(uri))
  }

  /** Starts a machine of nobody's, without a disk. */
  async makeForeign(name: string): Promise<string> {
    const writer = new XmlWriter()
    const uuid = randomUUID()
    const xml = xmlText(
      writer.element('domain', {
        attributes: { type: 'qemu' },
        children: [
          writer.element('name', { text: name }),
          writer.element('uuid', { text: uuid }),
          writer.element('memory', { attributes: { unit: 'MiB' }, text: 16 }),
          writer.element('os', { children: [writer.element('type', { text: 'hvm' })] }),
          writer.element('devices'),
        ],
      }),
    )
    await this.hypervisor.domainCreateWithFlags(await this.hypervisor.domainDefineXmlFlags(xml))
    return uuid
  }

  async isRunning(uuid: string): Promise<boolean> {
    try {
      const ref = await this.hypervisor.domainLookupByUuid(uuid)
      const { state } = await this.hypervisor.domainGetState(ref)
      return state !== 'shutoff' && state !== 'crashed'
    } catch (error) {
      if (error instanceof LibvirtError && error.code === 42) return false
      throw error
    }
  }

  async find(uuid: string): Promise<DomainRef> {
    return this.hypervisor.domainLookupByUuid(uuid)
  }

  /** Domains, files and DHCP host entries of a scope. */
  async leftovers(scope: string): Promise<readonly string[]> {
    const { hypervisor } = this
    const domains = await hypervisor.connectListAllDomains()
    const volumes = await hypervisor.storagePoolListAllVolumes(
      await hypervisor.storagePoolLookupByName(pool()),
    )
    const xml = await hypervisor.networkGetXmlDesc(await hypervisor.networkLookupByName(network()))
    return [
      ...domains.filter(({ name }) => name.startsWith(`${scope}.`)).map(({ name }) => `domain ${name}`),
      ...volumes.filter(({ name }) => name.startsWith(`${scope}.`)).map(({ name }) => `file ${name}`),
      ...readNetwork(xml)
        .entries.filter(({ name }) => isOfScope(name, scope))
        .map(({ name }) => `host entry ${name}`),
    ]
  }

  /** Ends a machine for good, whoever's it is. */
  async remove(uuid: string): Promise<void> {
    const ignore = (): void => {}
    const ref = await this.find(uuid).catch(ignore)
    if (ref === undefined) return
    await this.hypervisor.domainDestroyFlags(ref).catch(ignore)
    await this.hypervisor.domainUndefineFlags(ref, 1 | 2 | 4 | 16).catch(ignore)
  }

  /** Removes whatever has this scope. */
  async removeScope(scope: string): Promise<void> {
    const { hypervisor } = this
    for (const { name, uuid } of await hypervisor.connectListAllDomains()) {
      if (name.startsWith(`${scope}.`)) await this.remove(uuid)
    }
    const ref = await hypervisor.storagePoolLookupByName(pool())
    for (const volume of await hypervisor.storagePoolListAllVolumes(ref)) {
      if (volume.name.startsWith(`${scope}.`)) await hypervisor.storageVolDelete(volume)
    }
    const net = await hypervisor.networkLookupByName(network())
    for (const entry of readNetwork(await hypervisor.networkGetXmlDesc(net)).entries) {
      if (!isOfScope(entry.name, scope)) continue
      const xml = hostEntryXml(entry)
      await hypervisor.networkUpdate(net, { command: 'delete', section: 'ip-dhcp-host', xml, flags: 3 })
    }
  }

  /** Kills the QEMU of a machine, as the kernel's out-of-memory killer would. */
  killQemu(uuid: string): void {
    process.kill(pidOfQemu(uuid), 'SIGKILL')
  }

  async close(): Promise<void> {
    await this.hypervisor.close()
  }
}

/** The group stands in a host entry's name, and scope and group in its mark. */
function isOfScope(entry: string, scope: string): boolean {
  const mark = readHostName(entry)?.groupMark
  const [, group = ''] = /^f-([a-z0-9-]{1,30})-[0-9a-f]{8}-[0-9a-f]{8}$/.exec(entry) ?? []
  return mark !== undefined && mark === groupMark({ scope, group })
}

/** Its UUID stands in its command line. */
function pidOfQemu(uuid: string): number {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8')
      if (line.includes('qemu-system') && line.includes(uuid)) return Number(entry)
    } catch {
      // It ended while it was looked at.
    }
  }
  throw new Error(`no QEMU runs ${uuid}`)
}
