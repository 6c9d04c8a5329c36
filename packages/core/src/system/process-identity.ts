import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { type ProcStat, readProcStat } from './proc-stat.js'
import { errnoOf } from './system-failure.js'

/** A process, told apart from every other there ever was. */
export interface ProcessIdentity {
  readonly pid: number
  /** Where the pid means something: one boot of one kernel and one pid namespace, on Linux; else the host. */
  readonly place: string
  /** When the process began, in the kernel's own count, as pids come round again; absent where it is not known. */
  readonly start?: string | undefined
  /** For people. */
  readonly host: string
}

/** What can be said of a process: `unknown` when it is, or may be, out of sight. */
export type Liveness = 'alive' | 'dead' | 'unknown'

/** This process. */
export async function thisProcess(): Promise<ProcessIdentity> {
  const [place, stat] = await Promise.all([thisPlace(), statOf('self')])
  return {
    pid: process.pid,
    place,
    host: hostname(),
    ...(stat === undefined ? {} : { start: stat.start }),
  }
}

/** The process that was written down, or undefined when that makes no sense. */
export function processOf(written: Readonly<Record<string, unknown>>): ProcessIdentity | undefined {
  const { pid, place, start, host } = written
  // Pids of 0 and below mean groups of processes to kill(2).
  const isPid = typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0
  if (!isPid || typeof place !== 'string') return undefined
  return { pid, place, host: String(host), ...(typeof start === 'string' ? { start } : {}) }
}

/** Whether a process still runs. A zombie does not. */
export async function livenessOf({ pid, place, start }: ProcessIdentity): Promise<Liveness> {
  if (place !== (await thisPlace())) return 'unknown'
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return 'dead'
    if (errnoOf(error) !== 'EPERM') return 'unknown'
  }
  const stat = await statOf(pid)
  if (stat === undefined || start === undefined) return 'unknown'
  return stat.start === start && !/[ZX]/.test(stat.state) ? 'alive' : 'dead'
}

async function thisPlace(): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    return `boot ${boot.trim()} ${await readlink('/proc/self/ns/pid')}`
  } catch {
    // Not Linux, or /proc is not to be had.
    return `host ${hostname()}`
  }
}

/** Undefined when it is gone, out of sight, or this is not Linux. */
async function statOf(pid: number | 'self'): Promise<ProcStat | undefined> {
  try {
    return await readProcStat(pid)
  } catch {
    return undefined
  }
}
