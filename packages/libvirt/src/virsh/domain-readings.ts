import type { DiskError, InterfaceAddress } from '../domain-types.js'
import type { CallOptions, Hypervisor } from '../hypervisor.js'
import { domainStateName } from '../procedures/enumerations.js'
import { equalsValues, leadingNumber, tableRows } from './key-values.js'
import type { RunVirsh } from './run-virsh.js'
import { unreadable } from './virsh-error.js'

type DomainReadings = Pick<
  Hypervisor,
  | 'domainGetState'
  | 'domainGetInfo'
  | 'domainMemoryStats'
  | 'domainInterfaceAddresses'
  | 'domainGetDiskErrors'
  | 'domainListAllSnapshots'
  | 'domainSnapshotGetXmlDesc'
>

/** State and use of a domain, by virsh. */
export function domainReadings(run: RunVirsh): DomainReadings {
  const stats = async (uuid: string, groups: readonly string[], options?: CallOptions) => {
    const output = await run({ name: 'domstats', args: [`--domain=${uuid}`, ...groups] }, options)
    const values = equalsValues(output)
    return (name: string, absent?: bigint): bigint => {
      const value = leadingNumber(values.get(name)) ?? absent
      if (value === undefined) throw unreadable(`domstats (${name})`, output)
      return value
    }
  }
  return {
    domainGetState: async ({ uuid }, options) => {
      const read = await stats(uuid, ['--state'], options)
      return { state: domainStateName(Number(read('state.state'))), reason: Number(read('state.reason')) }
    },
    domainGetInfo: async ({ uuid }, options) => {
      const read = await stats(uuid, ['--state', '--cpu-total', '--balloon', '--vcpu'], options)
      const maxMemoryKib = read('balloon.maximum')
      return {
        state: domainStateName(Number(read('state.state'))),
        maxMemoryKib,
        memoryKib: read('balloon.current', maxMemoryKib),
        vcpus: Number(read('vcpu.current')),
        // Absent while the domain does not run.
        cpuTimeNs: read('cpu.time', 0n),
      }
    },
    domainMemoryStats: async ({ uuid }, options) => {
      const output = await run({ name: 'dommemstat', args: [`--domain=${uuid}`] }, options)
      const lines = output.split('\n').map((line) => /^(\w+)\s+(\d+)$/.exec(line.trim()))
      return Object.fromEntries(
        lines.flatMap((match) => (match ? [[match[1] ?? '', BigInt(match[2] ?? 0)]] : [])),
      )
    },
    domainInterfaceAddresses: async ({ uuid }, source, options) => {
      const args = [`--domain=${uuid}`, `--source=${source}`, '--full']
      return readInterfaces(await run({ name: 'domifaddr', args }, options))
    },
    domainGetDiskErrors: async ({ uuid }, options) =>
      readDiskErrors(await run({ name: 'domblkerror', args: [`--domain=${uuid}`] }, options)),
    domainListAllSnapshots: async ({ uuid }, options) => {
      const output = await run({ name: 'snapshot-list', args: [`--domain=${uuid}`, '--name'] }, options)
      return output.split('\n').filter((line) => line !== '')
    },
    domainSnapshotGetXmlDesc: ({ uuid }, snapshot, options) => {
      const args = [`--domain=${uuid}`, `--snapshotname=${snapshot}`]
      return run({ name: 'snapshot-dumpxml', args }, options)
    },
  }
}

/** `NAME  MAC  ipv4  ADDRESS/PREFIX`, one line an address. */
export function readInterfaces(output: string): InterfaceAddress[] {
  const interfaces = new Map<string, InterfaceAddress>()
  for (const [name = '', mac = '', family = '', where = ''] of tableRows(output)) {
    const known = interfaces.get(name)
    const [address = '', prefix = ''] = where.split('/')
    const added =
      family === 'ipv4' || family === 'ipv6' ? [{ family, address, prefix: Number(prefix) } as const] : []
    const hardware = mac === 'N/A' ? undefined : mac
    interfaces.set(name, { name, mac: hardware, addresses: [...(known?.addresses ?? []), ...added] })
  }
  return [...interfaces.values()]
}

/** `vda: no space`, one line a disk. */
export function readDiskErrors(output: string): DiskError[] {
  return output.split('\n').flatMap((line) => {
    const [, disk, error] = /^(\w+): (unspecified error|no space)$/.exec(line.trim()) ?? []
    if (disk === undefined) return []
    return [{ disk, error: error === 'no space' ? 'no-space' : 'unspecified' } as const]
  })
}
