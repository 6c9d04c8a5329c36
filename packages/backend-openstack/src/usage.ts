import { FlotillaError, inParallel, messageOf, type Instance, type Reading } from '@flotilla/core'
import type { ServerDiagnostics } from '@flotilla/openstack-client'
import type { Context } from './context.js'

interface Sample {
  readonly cpuNs: number
  /** On the clock's monotonic time. */
  readonly atMs: number
}

/** A ratio, and the time it is a mean over; milliseconds. */
interface CpuUse {
  readonly ratio: number
  readonly windowMs: number
}

interface Use {
  readonly cpu: CpuUse | string
  readonly memory: number | string
}

/** Time between two samples below which their difference says little. */
const shortestMs = 50

/** Reads what servers use by Nova's diagnostics: a call each, since there is none for several. */
export class UsageReader {
  readonly #context: Context
  /** The sample before, by id: the counters only grow, and two make a rate. */
  readonly #last = new Map<string, Sample>()

  constructor(context: Context) {
    this.#context = context
  }

  async of(instances: readonly Instance[], signal: AbortSignal): Promise<readonly Reading[]> {
    const { connection, settings } = this.#context
    const ids = new Set(instances.map(({ id }) => id))
    const uses = await inParallel(instances, settings.parallel, async ({ id }) => this.#read(id, signal))
    for (const id of this.#last.keys()) if (!ids.has(id)) this.#last.delete(id)
    const at = connection.clock.now()
    return instances.flatMap(({ id }, index) => {
      const { cpu, memory } = uses[index] ?? { cpu: 'not read', memory: 'not read' }
      const ratio = typeof cpu === 'string' ? cpu : cpu.ratio
      const window = typeof cpu === 'string' ? {} : { windowMs: cpu.windowMs }
      return [
        reading({ name: 'cpu', unit: 'ratio', instanceId: id, at }, ratio, window),
        reading({ name: 'memory', unit: 'bytes', instanceId: id, at }, memory),
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
      return { cpu: this.#cpu(id, found), memory: memoryOf(found) }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof FlotillaError)) throw error
      const reason = messageOf(error)
      return { cpu: reason, memory: reason }
    }
  }

  #cpu(id: string, { cpuTimesNs }: ServerDiagnostics): CpuUse | string {
    if (cpuTimesNs.length === 0) return 'its hypervisor tells no CPU time'
    const now = {
      cpuNs: cpuTimesNs.reduce((sum, ns) => sum + ns, 0),
      atMs: this.#context.connection.clock.monotonic(),
    }
    const last = this.#last.get(id)
    const elapsedMs = last === undefined ? 0 : now.atMs - last.atMs
    if (last !== undefined && elapsedMs < shortestMs) return 'too soon after the sample before'
    this.#last.set(id, now)
    if (last === undefined) return 'the first sample: a rate needs two'
    // It was restarted, and counts from zero.
    if (now.cpuNs < last.cpuNs) return 'its counter began anew'
    const ratio = (now.cpuNs - last.cpuNs) / 1e6 / elapsedMs / cpuTimesNs.length
    return { ratio, windowMs: elapsedMs }
  }
}

function memoryOf({ memoryRssKib, raw }: ServerDiagnostics): number | string {
  if (memoryRssKib !== undefined) return memoryRssKib * 1024
  const details = raw['memory_details'] as { readonly used?: unknown } | undefined
  // A hypervisor that cannot tell writes 0.
  const usedMib = details?.used
  return typeof usedMib === 'number' && usedMib > 0 ? usedMib * 1024 ** 2 : 'its hypervisor tells no memory'
}

function reading(
  of: Pick<Reading, 'name' | 'unit' | 'instanceId' | 'at'>,
  value: number | string,
  window: { readonly windowMs?: number } = {},
): Reading {
  return typeof value === 'number'
    ? { kind: 'value', ...of, value, ...window }
    : { kind: 'absent', ...of, reason: value }
}
