import type { LibvirtConnection } from '../libvirt-connection.js'
import type { NodeInfo } from '../resource-types.js'
import type { CallOptions } from '../hypervisor.js'
import { smallListMaxCount } from '../wire/limits.js'
import type { XdrReader } from '../wire/xdr-reader.js'
import { nothing, procedure, type Call, type Procedure } from './procedure.js'

interface NodeStats {
  readonly values: Readonly<Record<string, bigint>>
  /** How many there are: all that is said when none were asked for. */
  readonly count: number
}

/** Source: remote_protocol.x of libvirt 9.0. */
const table = {
  getInfo: procedure('nodeGetInfo', 6, nothing, readNodeInfo),
  getFreeMemory: procedure('nodeGetFreeMemory', 102, nothing, (from) => from.uhyper()),
  /** Of all CPUs together: -1. */
  getCpuStats: procedure(
    'nodeGetCpuStats',
    227,
    (to, count: number) => to.int(-1).int(count).uint(0),
    readNodeStats,
  ),
  /** Of all cells together: -1. */
  getMemoryStats: procedure(
    'nodeGetMemoryStats',
    228,
    (to, count: number) => to.int(count).int(-1).uint(0),
    readNodeStats,
  ),
} as const

function readNodeInfo(from: XdrReader): NodeInfo {
  // A C `char[32]`: XDR gives every char four bytes.
  const characters = Array.from({ length: 32 }, () => from.int() & 0xff)
  const end = characters.indexOf(0)
  return {
    model: Buffer.from(characters.slice(0, end === -1 ? undefined : end)).toString('utf8'),
    memoryKib: from.uhyper(),
    cpus: from.int(),
    mhz: from.int(),
    nodes: from.int(),
    sockets: from.int(),
    cores: from.int(),
    threads: from.int(),
  }
}

function readNodeStats(from: XdrReader): NodeStats {
  const values = from.list(smallListMaxCount, 12, () => [from.string(), from.uhyper()] as const)
  return { values: Object.fromEntries(values), count: from.int() }
}

type NodeCalls = Pick<
  LibvirtConnection,
  'nodeGetInfo' | 'nodeGetFreeMemory' | 'nodeGetCpuStats' | 'nodeGetMemoryStats'
>

/** Calls on the host. */
export const nodeCalls = (call: Call): NodeCalls => ({
  nodeGetInfo: (options) => call(table.getInfo, [], options),
  nodeGetFreeMemory: (options) => call(table.getFreeMemory, [], options),
  nodeGetCpuStats: (options) => allStats(call, table.getCpuStats, options),
  nodeGetMemoryStats: (options) => allStats(call, table.getMemoryStats, options),
})

/** libvirt wants to be told how many values there are, and says so when asked for none. */
async function allStats(
  call: Call,
  stats: Procedure<readonly [count: number], NodeStats>,
  options: CallOptions | undefined,
): Promise<NodeStats['values']> {
  const { count } = await call(stats, [0], options)
  return (await call(stats, [count], options)).values
}
