import type { Hypervisor } from '../hypervisor.js'
import type { NetworkLease } from '../resource-types.js'
import { affect, flagOptions } from './flag-options.js'
import { colonValues, tableRows } from './key-values.js'
import type { RunVirsh } from './run-virsh.js'
import { unreadable } from './virsh-error.js'

type NetworkCommands = Pick<
  Hypervisor,
  'networkLookupByName' | 'networkIsActive' | 'networkGetXmlDesc' | 'networkGetDhcpLeases' | 'networkUpdate'
>

/** Networks, by virsh. */
export const networkCommands = (run: RunVirsh): NetworkCommands => ({
  networkLookupByName: async (name, options) => {
    const output = await run({ name: 'net-uuid', args: [`--network=${name}`] }, options)
    return { name, uuid: output.trim() }
  },
  networkIsActive: async ({ uuid }, options) => {
    const output = await run({ name: 'net-info', args: [`--network=${uuid}`] }, options)
    const active = colonValues(output).get('active')
    if (active === undefined) throw unreadable('net-info', output)
    return active === 'yes'
  },
  networkGetXmlDesc: async ({ uuid }, flags = 0, options) => {
    const args = [`--network=${uuid}`, ...flagOptions('networkGetXmlDesc', flags, { 1: '--inactive' })]
    return run({ name: 'net-dumpxml', args }, options)
  },
  networkGetDhcpLeases: async ({ uuid, name }, mac, options) => {
    const args = [`--network=${uuid}`, ...(mac === undefined ? [] : [`--mac=${mac}`])]
    return readLeases(await run({ name: 'net-dhcp-leases', args }, options), name)
  },
  networkUpdate: async ({ uuid }, { command, section, parentIndex = -1, xml, flags = 3 }, options) => {
    const where = parentIndex === -1 ? [] : [`--parent-index=${parentIndex}`]
    const how = flagOptions('networkUpdate', flags, affect)
    const args = [
      `--network=${uuid}`,
      `--command=${command}`,
      `--section=${section}`,
      `--xml=${xml}`,
      ...where,
      ...how,
    ]
    await run({ name: 'net-update', args }, options)
  },
})

/** `EXPIRY  MAC  FAMILY  ADDRESS/PREFIX  HOSTNAME  CLIENT`; the time in UTC, as virsh was told by TZ. */
export function readLeases(output: string, network: string): NetworkLease[] {
  return tableRows(output).map((row) => {
    const [expiry = '', mac = '', family = '', where = '', hostname = '-', clientId = '-'] = row
    const expiryMs = Date.parse(`${expiry.replace(' ', 'T')}Z`)
    const [address = '', prefix = ''] = where.split('/')
    if (Number.isNaN(expiryMs) || (family !== 'ipv4' && family !== 'ipv6'))
      throw unreadable('net-dhcp-leases', row.join('  '))
    return {
      // virsh does not say which interface; a network has one bridge.
      interface: network,
      expiryTime: BigInt(expiryMs / 1000),
      family,
      mac: mac === '-' ? undefined : mac,
      address,
      prefix: Number(prefix),
      hostname: hostname === '-' ? undefined : hostname,
      clientId: clientId === '-' ? undefined : clientId,
    }
  })
}
