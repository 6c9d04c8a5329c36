import type { DomainCapabilitiesWish, LibvirtConnection } from '../libvirt-connection.js'
import { nothing, procedure, readString, type Call } from './procedure.js'

/** Source: remote_protocol.x of libvirt 9.0. */
const table = {
  getHostname: procedure('connectGetHostname', 59, nothing, readString),
  getLibVersion: procedure('connectGetLibVersion', 157, nothing, (from) => Number(from.uhyper())),
  getCapabilities: procedure('connectGetCapabilities', 7, nothing, readString),
  getDomainCapabilities: procedure(
    'connectGetDomainCapabilities',
    342,
    (to, wish: DomainCapabilitiesWish) =>
      to
        .optionalString(wish.emulator)
        .optionalString(wish.architecture)
        .optionalString(wish.machine)
        .optionalString(wish.virtualization)
        .uint(0),
    readString,
  ),
} as const

type ConnectCalls = Pick<
  LibvirtConnection,
  'connectGetLibVersion' | 'connectGetHostname' | 'connectGetCapabilities' | 'connectGetDomainCapabilities'
>

/** Calls on the daemon. */
export const connectCalls = (call: Call): ConnectCalls => ({
  connectGetLibVersion: (options) => call(table.getLibVersion, [], options),
  connectGetHostname: (options) => call(table.getHostname, [], options),
  connectGetCapabilities: (options) => call(table.getCapabilities, [], options),
  connectGetDomainCapabilities: (wish = {}, options) => call(table.getDomainCapabilities, [wish], options),
})
