import { readFile } from 'node:fs/promises'
import { cpus, loadavg, platform } from 'node:os'

/** How long all cores together were busy and how long they were there at all, since some start. */
export interface CpuTimes {
  readonly busyMs: number
  readonly totalMs: number
  readonly coreCount: number
}

/** What is asked of the host. */
export interface HostApi {
  cpuTimes(): Promise<CpuTimes>
  /** `availableBytes`: what could be used without swapping; caches count as available. */
  memory(): Promise<{ readonly totalBytes: number; readonly availableBytes: number }>
  /** Processes that ran or waited to run, averaged over one minute; undefined where the system keeps no such figure. */
  loadAverage(): number | undefined
}

/** The host this process runs on. */
export const thisHost: HostApi = {
  // systeminformation's currentLoad() is not used: it keeps one difference for the whole process, so that two sources
  // would disturb each other, and it runs a shell synchronously on Linux.
  async cpuTimes() {
    return platform() === 'linux' ? cpuTimesFromProcStat(await readFile('/proc/stat', 'utf8')) : osCpuTimes()
  },
  async memory() {
    // Imported when first needed, so that those who never ask do not wait for it.
    const { mem } = await import('systeminformation')
    const { total, available } = await mem()
    return { totalBytes: total, availableBytes: available }
  },
  loadAverage: () => (platform() === 'win32' ? undefined : loadavg()[0]),
}

/**
 * The first line of Linux's /proc/stat. Waiting for a disk counts as idle; time that the hypervisor took counts as busy,
 * for it is not to be had.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_stat.5.html
 */
export function cpuTimesFromProcStat(text: string): CpuTimes {
  const lines = text.split('\n')
  const fields = lines[0]?.split(/\s+/) ?? []
  const ticks = fields.slice(1, 9).map(Number)
  if (fields[0] !== 'cpu' || ticks.length < 4 || !ticks.every(Number.isFinite)) {
    throw new Error('/proc/stat does not begin with the times of all cores')
  }
  const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0] = ticks
  const coreCount = lines.filter((line) => /^cpu\d/.test(line)).length
  // The guests' times are not added: they are part of user and nice.
  const busy = user + nice + system + irq + softIrq + steal
  // A tick is 10 ms on every architecture that Node runs on (USER_HZ is 100).
  return { busyMs: busy * 10, totalMs: (busy + idle + ioWait) * 10, coreCount }
}

function osCpuTimes(): CpuTimes {
  let busyMs = 0
  let idleMs = 0
  const cores = cpus()
  for (const { times } of cores) {
    busyMs += times.user + times.nice + times.sys + times.irq
    idleMs += times.idle
  }
  return { busyMs, totalMs: busyMs + idleMs, coreCount: cores.length }
}
