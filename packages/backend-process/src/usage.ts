import type { Instance, Reading } from '@flotilla/core'
import { inParallel, type InstanceCpuMeter } from '@flotilla/core/authoring'
import type { Context } from './context.js'
import { parseInstanceId } from './labels.js'
import { isSame, type ProcessRow } from './host/process-table.js'
import type { Child } from './book/record.js'

const readersCount = 16

interface UsageQuestion {
  readonly meter: InstanceCpuMeter
  /** That make a ratio of 1. */
  readonly cores: number
  readonly instances: readonly Instance[]
}

/** CPU and memory of instances, each with all processes of its session, from one sweep of the process table. */
export async function readUsage(
  { records, table, clock }: Pick<Context, 'records' | 'table' | 'clock'>,
  { meter, cores, instances }: UsageQuestion,
  signal: AbortSignal,
): Promise<readonly Reading[]> {
  const children = await inParallel(instances, readersCount, async ({ id }) => {
    const parts = parseInstanceId(id)
    return parts === undefined ? undefined : (await records.read(parts.group, parts.token))?.record?.child
  })
  const rows = await table.all(signal)
  const monotonic = clock.monotonic()
  const at = clock.now()
  const sums = sumSessions(rows, children)
  return instances.flatMap((instance, index): readonly Reading[] => {
    const child = children[index]
    const sum = child === undefined ? undefined : sums.get(child.pid)
    const ofInstance = { instanceId: instance.id, at }
    const cpu = { ...ofInstance, name: 'cpu', unit: 'ratio' } as const
    const memory = { ...ofInstance, name: 'memory', unit: 'bytes' } as const
    if (child === undefined || sum === undefined) {
      const absent = { kind: 'absent', reason: 'it does not run' } as const
      return [
        { ...cpu, ...absent },
        { ...memory, ...absent },
      ]
    }
    // A new process of the instance starts anew.
    const run = `${child.pid} ${child.birth}`
    const use = meter.read({ instanceId: instance.id, run, cpuMs: sum.cpuMs, atMs: monotonic, cores })
    return [
      'ratio' in use
        ? { ...cpu, kind: 'value', value: use.ratio, windowMs: use.windowMs }
        : { ...cpu, kind: 'absent', reason: use.absent },
      { ...memory, kind: 'value', value: sum.memoryBytes },
    ]
  })
}

interface Sum {
  readonly cpuMs: number
  readonly memoryBytes: number
}

/** What the sessions and groups of these processes use, by pid; those that run no more are left out. */
export function sumSessions(
  rows: readonly ProcessRow[],
  children: readonly (Child | undefined)[],
): ReadonlyMap<number, Sum> {
  const births = new Map(children.map((child) => [child?.pid, child?.birth]))
  const sums = new Map<number, Sum>()
  for (const row of rows)
    if (isSame(row, births.get(row.pid))) sums.set(row.pid, { cpuMs: 0, memoryBytes: 0 })
  for (const row of rows) {
    const pid = sums.has(row.sessionId) ? row.sessionId : row.groupId
    const sum = sums.get(pid)
    if (sum === undefined) continue
    sums.set(pid, { cpuMs: sum.cpuMs + row.cpuMs, memoryBytes: sum.memoryBytes + row.memoryBytes })
  }
  return sums
}
