import type { NodeInfo } from '@flotilla/libvirt'
import type { Link } from '../connection/link.js'

/** CPU and memory of a hypervisor's own host. */
export interface HostLoad {
  readonly cpus: number
  /** CPU time since boot, over all CPUs, nanoseconds. */
  readonly busyNs: bigint
  readonly idleNs: bigint
  readonly memoryBytes: number
  /** Free, or held by caches that give way. */
  readonly availableBytes: number
  /** On the clock's monotonic time. */
  readonly atMs: number
}

const kib = 1024
const nodes = new WeakMap<Link, NodeInfo>()

/** Reads the load of a hypervisor's own host: two calls at once. */
export async function readHostLoad(host: Link, signal: AbortSignal): Promise<HostLoad> {
  return host.ask({ what: "read the host's load", signal }, async (hypervisor, call) => {
    const [node, cpu, memory] = await Promise.all([
      nodes.get(host) ?? hypervisor.nodeGetInfo(call),
      hypervisor.nodeGetCpuStats(call),
      hypervisor.nodeGetMemoryStats(call),
    ])
    nodes.set(host, node)
    const sum = (...names: readonly string[]): bigint =>
      names.reduce((total, name) => total + (cpu[name] ?? 0n), 0n)
    const total = memory['total'] ?? node.memoryKib
    const free = (memory['free'] ?? 0n) + (memory['buffers'] ?? 0n) + (memory['cached'] ?? 0n)
    return {
      cpus: node.cpus,
      busyNs: sum('kernel', 'user', 'intr'),
      idleNs: sum('idle', 'iowait'),
      memoryBytes: Number(total) * kib,
      availableBytes: Number(free) * kib,
      atMs: host.clock.monotonic(),
    }
  })
}

/** Share of the CPUs that were busy between two looks; undefined when they are the same look, or the host rebooted. */
export function busyRatio(from: HostLoad | undefined, to: HostLoad): number | undefined {
  if (from === undefined) return undefined
  const busy = to.busyNs - from.busyNs
  const idle = to.idleNs - from.idleNs
  if (busy < 0n || idle < 0n || busy + idle <= 0n) return undefined
  return Number(busy) / Number(busy + idle)
}
