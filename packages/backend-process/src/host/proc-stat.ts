import type { ProcessRow } from './process-table.js'

/** What the kernel's own units are worth. */
export interface ProcUnits {
  /** Changes with every boot, so that births of two boots never look alike. */
  readonly bootId: string
  readonly ticksPerSecond: number
  readonly pageBytes: number
}

/**
 * One line of `/proc/<pid>/stat`; undefined when it is not one.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (fields are counted from 1 there)
 */
export function parseProcStat(text: string, units: ProcUnits): ProcessRow | undefined {
  // The command's name, in brackets, may hold brackets, spaces and line breaks: what follows its last bracket is plain.
  const nameEnd = text.lastIndexOf(')')
  const pid = Number(text.slice(0, text.indexOf(' ')))
  const rest = text.slice(nameEnd + 2).split(' ')
  const field = (number: number): number => Number(rest[number - 3])
  const ticks = field(14) + field(15) + field(16) + field(17)
  const row: ProcessRow = {
    pid,
    parentPid: field(4),
    groupId: field(5),
    sessionId: field(6),
    birth: `${units.bootId}:${rest[22 - 3]}`,
    state: stateOf(rest[0]),
    cpuMs: (ticks * 1000) / units.ticksPerSecond,
    memoryBytes: field(24) * units.pageBytes,
  }
  const isWhole = nameEnd > 0 && Number.isFinite(ticks + row.memoryBytes + row.sessionId) && pid > 0
  return isWhole ? row : undefined
}

function stateOf(letter: string | undefined): ProcessRow['state'] {
  if (letter === 'Z' || letter === 'X' || letter === 'x') return 'zombie'
  return letter === 'T' ? 'frozen' : 'live'
}

const pageSizeTag = 6n
const clockTickTag = 17n

/**
 * Page size and clock ticks per second from `/proc/self/auxv`: pairs of native words, tag and value. Missing ones are
 * what almost every Linux has.
 *
 * @see https://man7.org/linux/man-pages/man3/getauxval.3.html
 */
export function parseAuxv(auxv: Buffer): Pick<ProcUnits, 'pageBytes' | 'ticksPerSecond'> {
  const found = new Map<bigint, number>()
  for (let at = 0; at + 16 <= auxv.length; at += 16) {
    found.set(auxv.readBigUInt64LE(at), Number(auxv.readBigUInt64LE(at + 8)))
  }
  return { pageBytes: found.get(pageSizeTag) ?? 4096, ticksPerSecond: found.get(clockTickTag) ?? 100 }
}
