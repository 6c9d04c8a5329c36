import { FlotillaError, type Instance, type Reading } from '@flotilla/core'
import {
  InstanceCpuMeter,
  absentReading,
  inParallel,
  messageOf,
  readingFrom,
  type InstanceCpuUse,
} from '@flotilla/core/authoring'
import type { ServerDiagnostics } from '@flotilla/openstack-client'
import type { Context } from './context.js'

const metrics = { cpu: { name: 'cpu', unit: 'ratio' }, memory: { name: 'memory', unit: 'bytes' } } as const

interface Use {
  readonly cpu: InstanceCpuUse
  readonly memory: number | string
}

/** Reads CPU and memory of servers from Nova's diagnostics, with one call for each server: Nova has none for several. */
export class UsageReader {
  readonly #context: Context
  readonly #meter: InstanceCpuMeter

  constructor(context: Context) {
    this.#context = context
    this.#meter = new InstanceCpuMeter(context.connection.clock)
  }

  async of(instances: readonly Instance[], signal: AbortSignal): Promise<readonly Reading[]> {
    const { connection, settings } = this.#context
    const uses = await inParallel(instances, settings.parallel, async ({ id }) => this.#read(id, signal))
    const at = connection.clock.now()
    return instances.flatMap(({ id }, index) => {
      const { cpu, memory } = uses[index] ?? { cpu: { absent: 'not read' }, memory: 'not read' }
      const cpuOf = { info: metrics.cpu, instanceId: id, at }
      const memoryOf = { info: metrics.memory, instanceId: id, at }
      return [
        'absent' in cpu
          ? absentReading(cpuOf, cpu.absent)
          : readingFrom({ ...cpuOf, windowMs: cpu.windowMs }, cpu.ratio),
        typeof memory === 'string' ? absentReading(memoryOf, memory) : readingFrom(memoryOf, memory),
      ]
    })
  }

  async #read(id: string, signal: AbortSignal): Promise<Use> {
    const { connection } = this.#context
    try {
      const found = await connection.ask(
        { what: `usage of ${id}`, signal, instanceId: id },
        async (client, call) => client.compute.servers.insight.diagnostics(id, call),
      )
      return { cpu: this.#cpu(id, found), memory: memoryIn(found) }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof FlotillaError)) throw error
      const reason = messageOf(error)
      return { cpu: { absent: reason }, memory: reason }
    }
  }

  #cpu(id: string, { cpuTimesNs }: ServerDiagnostics): InstanceCpuUse {
    const cores = cpuTimesNs.length
    if (cores === 0) return { absent: 'its hypervisor reports no CPU time' }
    const cpuMs = cpuTimesNs.reduce((sum, ns) => sum + ns, 0) / 1e6
    const atMs = this.#context.connection.clock.monotonic()
    return this.#meter.read({ instanceId: id, run: `${cores} vCPUs`, cpuMs, atMs, cores })
  }
}

function memoryIn({ memoryRssKib, raw }: ServerDiagnostics): number | string {
  if (memoryRssKib !== undefined) return memoryRssKib * 1024
  const details = raw['memory_details'] as { readonly used?: unknown } | undefined
  // A hypervisor that does not know writes 0.
  const usedMib = details?.used
  return typeof usedMib === 'number' && usedMib > 0 ? usedMib * 1024 ** 2 : 'its hypervisor reports no memory'
}
