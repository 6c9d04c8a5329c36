import type { NetworkUpdate } from '../hypervisor.js'
import type { LibvirtConnection } from '../libvirt-connection.js'
import type { NetworkLease, NetworkRef } from '../resource-types.js'
import { leaseMaxCount, listMaxCount } from '../wire/limits.js'
import { uuidBytes } from '../wire/uuid.js'
import type { XdrReader } from '../wire/xdr-reader.js'
import { addressFamily } from './enumerations.js'
import { nothing, procedure, readString, type Call } from './procedure.js'
import { readNamed, writeNamed } from './references.js'

/** Source: remote_protocol.x of libvirt 9.0. */
const table = {
  listAll: procedure(
    'connectListAllNetworks',
    283,
    (to, flags: number) => to.int(1).uint(flags),
    (from) => from.list(listMaxCount, 20, () => readNamed(from)),
  ),
  lookupByName: procedure('networkLookupByName', 46, (to, name: string) => to.string(name), readNamed),
  lookupByUuid: procedure(
    'networkLookupByUuid',
    47,
    (to, uuid: string) => to.fixedBytes(uuidBytes(uuid)),
    readNamed,
  ),
  defineXml: procedure('networkDefineXml', 41, (to, xml: string) => to.string(xml), readNamed),
  create: procedure('networkCreate', 39, writeNamed, nothing),
  destroy: procedure('networkDestroy', 42, writeNamed, nothing),
  undefine: procedure('networkUndefine', 49, writeNamed, nothing),
  isActive: procedure('networkIsActive', 152, writeNamed, (from) => from.int() === 1),
  getXmlDesc: procedure(
    'networkGetXmlDesc',
    43,
    (to, network: NetworkRef, flags: number) => writeNamed(to, network).uint(flags),
    readString,
  ),
  getDhcpLeases: procedure(
    'networkGetDhcpLeases',
    341,
    (to, network: NetworkRef, mac: string | undefined) =>
      writeNamed(to, network).optionalString(mac).int(1).uint(0),
    (from) => from.list(leaseMaxCount, 40, () => readLease(from)),
  ),
  update: procedure(
    'networkUpdate',
    291,
    (to, network: NetworkRef, change: NetworkUpdate, hasCorrectOrder: () => boolean) => {
      const words = [command[change.command], section[change.section]]
      // Older daemons take the two in the other order; newer ones say that they do not.
      const [first = 0, second = 0] = hasCorrectOrder() ? words : words.toReversed()
      const { parentIndex = -1, xml, flags = 3 } = change
      return writeNamed(to, network).uint(first).uint(second).int(parentIndex).string(xml).uint(flags)
    },
    nothing,
  ),
} as const

/** virNetworkUpdateCommand. */
const command = { modify: 1, delete: 2, 'add-last': 3, 'add-first': 4 } as const
/** virNetworkUpdateSection. */
const section = { 'ip-dhcp-host': 4, 'ip-dhcp-range': 5, 'dns-host': 10 } as const

function readLease(from: XdrReader): NetworkLease {
  const interfaceName = from.string()
  const expiryTime = from.hyper()
  const family = addressFamily(from.int())
  const mac = from.optionalString()
  // The IAID says nothing beside MAC and client.
  from.optionalString()
  const address = from.string()
  const prefix = from.uint()
  const hostname = from.optionalString()
  const clientId = from.optionalString()
  return { interface: interfaceName, expiryTime, family, mac, address, prefix, hostname, clientId }
}

type NetworkCalls = Pick<
  LibvirtConnection,
  | 'connectListAllNetworks'
  | 'networkLookupByName'
  | 'networkLookupByUuid'
  | 'networkDefineXml'
  | 'networkCreate'
  | 'networkDestroy'
  | 'networkUndefine'
  | 'networkIsActive'
  | 'networkGetXmlDesc'
  | 'networkGetDhcpLeases'
  | 'networkUpdate'
>

/** Calls on networks. @param hasCorrectOrder - of the arguments of `networkUpdate`, at the daemon of now */
export const networkCalls = (call: Call, hasCorrectOrder: () => boolean): NetworkCalls => ({
  connectListAllNetworks: (flags = 0, options) => call(table.listAll, [flags], options),
  networkLookupByName: (name, options) => call(table.lookupByName, [name], options),
  networkLookupByUuid: (uuid, options) => call(table.lookupByUuid, [uuid], options),
  networkDefineXml: (xml, options) => call(table.defineXml, [xml], options),
  networkCreate: (network, options) => call(table.create, [network], options),
  networkDestroy: (network, options) => call(table.destroy, [network], options),
  networkUndefine: (network, options) => call(table.undefine, [network], options),
  networkIsActive: (network, options) => call(table.isActive, [network], options),
  networkGetXmlDesc: (network, flags = 0, options) => call(table.getXmlDesc, [network, flags], options),
  networkGetDhcpLeases: (network, mac, options) => call(table.getDhcpLeases, [network, mac], options),
  networkUpdate: (network, update, options) =>
    call(table.update, [network, update, hasCorrectOrder], options),
})
