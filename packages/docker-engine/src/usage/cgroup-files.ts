import { readFileSync } from 'node:fs'
import type { CgroupPlace } from './cgroup-place.js'
import { countCpus } from './cores.js'

/** A container's counters as the kernel shows them. */
export interface CgroupCounters {
  readonly cpuMs: number
  /** As `docker stats` shows it: without the part of the file cache that is first to go. */
  readonly memoryBytes: number
  /** Cores it may use; undefined for all. */
  readonly limitCores: number | undefined
  readonly periods: number
  readonly throttledPeriods: number
}

/** Gives the text of a file. */
export type ReadText = (path: string) => string

/**
 * Read at once and not through the thread pool: these files are the kernel's memory, not a disk's. A read takes 7 us
 * here, and twelve times as much CPU, and far longer, when it is passed to another thread and back.
 */
export const readText: ReadText = (path) => readFileSync(path, 'latin1')

/** @throws when the container is gone, or its files cannot be read */
export function readCounters(place: CgroupPlace, read: ReadText = readText): CgroupCounters {
  return place.version === 1 ? readVersion1(place, read) : readVersion2(place, read)
}

function readVersion1(place: CgroupPlace & { readonly version: 1 }, read: ReadText): CgroupCounters {
  const { cpu, cpuacct, memory, cpuset } = place
  const quotaUs = numberIn(read(`${cpu}/cpu.cfs_quota_us`))
  const stat = read(`${cpu}/cpu.stat`)
  const pinned = cpuset === '' ? undefined : countCpus(read(`${cpuset}/cpuset.effective_cpus`))
  const usedBytes = numberIn(read(`${memory}/memory.usage_in_bytes`))
  const inactiveBytes = field(read(`${memory}/memory.stat`), 'total_inactive_file')
  return {
    cpuMs: numberIn(read(`${cpuacct}/cpuacct.usage`)) / 1e6,
    memoryBytes: withoutCache(usedBytes, inactiveBytes),
    limitCores: least(quotaUs > 0 ? quotaUs / numberIn(read(`${cpu}/cpu.cfs_period_us`)) : undefined, pinned),
    periods: field(stat, 'nr_periods'),
    throttledPeriods: field(stat, 'nr_throttled'),
  }
}

function readVersion2({ path }: CgroupPlace & { readonly version: 2 }, read: ReadText): CgroupCounters {
  const stat = read(`${path}/cpu.stat`)
  const [quota = 'max', periodUs = '100000'] = read(`${path}/cpu.max`).trim().split(' ')
  const pinned = countCpus(readIfThere(`${path}/cpuset.cpus.effective`, read))
  const usedBytes = numberIn(read(`${path}/memory.current`))
  const inactiveBytes = field(read(`${path}/memory.stat`), 'inactive_file')
  return {
    cpuMs: neededField(stat, 'usage_usec') / 1e3,
    memoryBytes: withoutCache(usedBytes, inactiveBytes),
    limitCores: least(quota === 'max' ? undefined : Number(quota) / Number(periodUs), pinned),
    periods: field(stat, 'nr_periods'),
    throttledPeriods: field(stat, 'nr_throttled'),
  }
}

/** What `docker stats` shows, by version: usage without the inactive file cache, where that is the smaller. */
export function withoutCache(usedBytes: number, inactiveBytes: number): number {
  return inactiveBytes < usedBytes ? usedBytes - inactiveBytes : usedBytes
}

/** The cpuset controller is not switched on everywhere. */
function readIfThere(path: string, read: ReadText): string {
  try {
    return read(path)
  } catch {
    return ''
  }
}

function least(first: number | undefined, second: number | undefined): number | undefined {
  return first === undefined ? second : Math.min(first, second ?? first)
}

function numberIn(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value)) throw new Error(`not a number: ${text.slice(0, 40)}`)
  return value
}

function neededField(text: string, name: string): number {
  if (!`\n${text}`.includes(`\n${name} `)) throw new Error(`there is no ${name}`)
  return field(text, name)
}

/** A field of a file of `name value` lines; 0 when it is not there, as with a controller that is off. */
function field(text: string, name: string): number {
  const at = `\n${text}`.indexOf(`\n${name} `)
  return at < 0 ? 0 : Number.parseInt(text.slice(at + name.length + 1), 10)
}
