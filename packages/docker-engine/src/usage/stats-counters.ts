import { withoutCache } from './cgroup-files.js'
import type { ContainerStats } from '../api/docker-api.js'

/** What the engine's `stats` say of a container that runs. */
export interface StatsCounters {
  readonly cpuMs: number
  /** When the engine read them, by its own clock; epoch milliseconds with fractions. */
  readonly readMs: number
  readonly memoryBytes: number | undefined
  /** Cores of the engine's host. */
  readonly onlineCores: number | undefined
  readonly periods: number
  readonly throttledPeriods: number
}

/** Undefined when it does not run: the engine then answers all the same, and says year 1. */
export function readStats({ read, cpu_stats, memory_stats }: ContainerStats): StatsCounters | undefined {
  const readMs = precisely(read)
  if (readMs <= 0) return undefined
  const { cpu_usage, online_cpus, throttling_data } = cpu_stats
  const { usage, stats = {} } = memory_stats
  // Version 1 names them by subtree (`total_`), version 2 has no other.
  const inactiveBytes = stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0
  return {
    cpuMs: cpu_usage.total_usage / 1e6,
    readMs,
    // No process runs in no memory: that nothing was read comes as 0 too.
    memoryBytes: usage === undefined || usage === 0 ? undefined : withoutCache(usage, inactiveBytes),
    onlineCores: online_cpus || cpu_usage.percpu_usage?.length,
    periods: throttling_data?.periods ?? 0,
    throttledPeriods: throttling_data?.throttled_periods ?? 0,
  }
}

/** `Date` drops what is below a millisecond. */
function precisely(time: string): number {
  const [, fraction = ''] = /\.\d{3}(\d*)/.exec(time) ?? []
  return Date.parse(time) + Number(`0.${fraction || '0'}`)
}
