import { readFile } from 'node:fs/promises'

/** One process as Linux tells of it in `/proc/PID/stat`. */
export interface ProcStat {
  readonly pid: number
  /** `R`, `S`, `D`, `T`, `Z`, `X` and others. */
  readonly state: string
  readonly parentPid: number
  readonly groupId: number
  readonly sessionId: number
  /** Its own CPU time and that of children it has waited for, in clock ticks. */
  readonly cpuTicks: number
  /** When it began, in clock ticks since the boot; as text, as it only tells one process from another. */
  readonly start: string
  readonly residentPages: number
}

/**
 * The text of `/proc/PID/stat`; undefined when it is not one.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (fields are counted from 1 there)
 */
export function parseProcStat(text: string): ProcStat | undefined {
  // The command's name, in brackets, may hold brackets, spaces and line breaks: what follows its last bracket is plain.
  const nameEnd = text.lastIndexOf(')')
  const pid = Number(text.slice(0, text.indexOf(' ')))
  const rest = text.slice(nameEnd + 2).split(' ')
  const field = (number: number): number => Number(rest[number - 3])
  const [state = ''] = rest
  const start = rest[22 - 3] ?? ''
  const stat: ProcStat = {
    pid,
    state,
    parentPid: field(4),
    groupId: field(5),
    sessionId: field(6),
    cpuTicks: field(14) + field(15) + field(16) + field(17),
    start,
    residentPages: field(24),
  }
  const { parentPid, sessionId, cpuTicks, residentPages } = stat
  const isWhole = nameEnd > 0 && pid > 0 && Number.isFinite(parentPid + sessionId + cpuTicks + residentPages)
  return isWhole ? stat : undefined
}

/**
 * What Linux tells of a process.
 *
 * @throws what the file system says: `ENOENT` or `ESRCH` for one that is gone
 */
export async function readProcStat(pid: number | 'self'): Promise<ProcStat | undefined> {
  return parseProcStat(await readFile(`/proc/${pid}/stat`, 'utf8'))
}
