import type { Clock } from '@flotilla/core'
import type { NetworkLease, NetworkUpdate } from '@flotilla/libvirt'
import type { HostEntry } from '../../src/xml/network-xml.js'
import { attributeOf, parseXml, xmlText, XmlWriter } from '../../src/xml/xml.js'
import { libvirtError } from './fake-errors.js'

/** Seconds. */
const leaseTime = 3600

/** One libvirt network with its dnsmasq. */
export class FakeNetwork {
  readonly name: string
  isActive = true
  hasDhcp = true
  /** Whether guests ask for an address. */
  givesLeases = true
  entries: HostEntry[] = []
  leases: NetworkLease[] = []
  readonly #clock: Clock
  #next = 2

  constructor(name: string, clock: Clock) {
    this.name = name
    this.#clock = clock
  }

  /** A guest asks for an address. */
  lease(mac: string): void {
    if (!this.givesLeases || !this.hasDhcp) return
    const known = this.leases.find((lease) => lease.mac === mac)?.address
    const kept = this.entries.find((entry) => entry.mac === mac)?.ip
    if (known === undefined && kept === undefined) this.#next += 1
    const address = kept ?? known ?? `192.168.122.${this.#next}`
    this.addLease(mac, address, Math.floor(this.#clock.now() / 1000) + leaseTime)
  }

  addLease(mac: string, address: string, expirySeconds: number): void {
    this.leases = this.leases.filter((lease) => lease.mac !== mac)
    this.leases.push({
      interface: 'virbr0',
      expiryTime: BigInt(expirySeconds),
      family: 'ipv4',
      mac,
      address,
      prefix: 24,
    })
  }

  update({ command, xml }: NetworkUpdate): void {
    if (!this.isActive) {
      throw libvirtError(55, 19, `Requested operation is not valid: network '${this.name}' is not active`)
    }
    const host = parseXml(xml, 'update')
    const entry = {
      mac: attributeOf(host, 'mac') ?? '',
      ip: attributeOf(host, 'ip') ?? '',
      name: attributeOf(host, 'name') ?? '',
    }
    const same = this.entries.filter(
      (one) => one.mac === entry.mac || one.ip === entry.ip || one.name === entry.name,
    )
    if (command === 'delete') {
      if (same.length === 0) {
        throw libvirtError(
          55,
          19,
          `Requested operation is not valid: couldn't locate a matching dhcp host entry in network '${this.name}'`,
        )
      }
      this.entries = this.entries.filter((one) => !same.includes(one))
      return
    }
    if (same.length > 0) {
      throw libvirtError(
        55,
        19,
        `Requested operation is not valid: there is an existing dhcp host entry in network '${this.name}' that matches`,
      )
    }
    this.entries.push(entry)
  }

  get xml(): string {
    const writer = new XmlWriter()
    return xmlText(
      writer.element('network', {
        children: [
          writer.element('name', { text: this.name }),
          writer.element('ip', {
            attributes: { address: '192.168.122.1', netmask: '255.255.255.0' },
            children: this.hasDhcp
              ? [
                  writer.element('dhcp', {
                    children: [
                      writer.element('range', {
                        attributes: { start: '192.168.122.2', end: '192.168.122.199' },
                      }),
                      ...this.entries.map(({ mac, ip, name }) =>
                        writer.element('host', { attributes: { mac, ip, name } }),
                      ),
                    ],
                  }),
                ]
              : [],
          }),
        ],
      }),
    )
  }
}
