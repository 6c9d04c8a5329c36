import { attributeOf, elementsAt, parseXml, xmlText, XmlWriter } from './xml.js'

/** One address kept for one network card. */
export interface HostEntry {
  readonly mac: string
  readonly ip: string
  readonly name: string
}

/** A DHCP host entry as `networkUpdate` takes it. */
export function hostEntryXml({ mac, ip, name }: HostEntry): string {
  return xmlText(new XmlWriter().element('host', { attributes: { mac, name, ip } }))
}

/** What a network's XML says of its DHCP. */
export interface NetworkFacts {
  /** Whether it gives out IPv4 addresses at all. */
  readonly hasDhcp: boolean
  /** From the first address to the last that it gives to whoever asks. */
  readonly ranges: readonly { readonly from: string; readonly to: string }[]
  readonly entries: readonly HostEntry[]
  /** Its own address in the network. */
  readonly ownAddress: string | undefined
}

export function readNetwork(xml: string): NetworkFacts {
  const root = parseXml(xml, "read a network's XML")
  const ips = elementsAt(root, 'ip').filter((ip) => (attributeOf(ip, 'family') ?? 'ipv4') === 'ipv4')
  const dhcp = ips.flatMap((ip) => elementsAt(ip, 'dhcp'))
  return {
    hasDhcp: dhcp.length > 0,
    ownAddress: attributeOf(ips[0], 'address'),
    ranges: dhcp
      .flatMap((element) => elementsAt(element, 'range'))
      .flatMap((range) => {
        const [from, to] = [attributeOf(range, 'start'), attributeOf(range, 'end')]
        return from === undefined || to === undefined ? [] : [{ from, to }]
      }),
    entries: dhcp
      .flatMap((element) => elementsAt(element, 'host'))
      .flatMap((host) => {
        const ip = attributeOf(host, 'ip')
        if (ip === undefined) return []
        const mac = attributeOf(host, 'mac')?.toLowerCase() ?? ''
        return [{ mac, ip, name: attributeOf(host, 'name') ?? '' }]
      }),
  }
}
