import { errnoOf, inParallel } from '@flotilla/core/authoring'
import { readFile, readdir } from 'node:fs/promises'
import { labelPrefix, readLabel, type Label } from '../labels.js'
import { parseAuxv, parseProcStat, type ProcUnits } from './proc-stat.js'
import { sendSignal, type ProcessRow, type ProcessTable } from './process-table.js'

/** Files read at once: enough to keep libuv's four threads busy, few enough to leave them to others. */
const readersCount = 8

/** The process table of Linux, from `/proc`: no program is run and nothing is installed. */
export class LinuxProcessTable implements ProcessTable {
  #units: Promise<ProcUnits> | undefined

  async all(signal: AbortSignal): Promise<readonly ProcessRow[]> {
    const names = await readdir('/proc')
    return this.some(names.filter((name) => /^\d+$/.test(name)).map(Number), signal)
  }

  async some(pids: readonly number[], signal: AbortSignal): Promise<readonly ProcessRow[]> {
    const units = await this.#readUnits()
    const rows = await inParallel(pids, readersCount, async (pid) => {
      signal.throwIfAborted()
      const text = await readProcFile(pid, 'stat')
      return text === undefined ? undefined : parseProcStat(text, units)
    })
    return rows.filter((row) => row !== undefined)
  }

  async labels(pids: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, Label>> {
    const found = new Map<number, Label>()
    await inParallel(pids, readersCount, async (pid) => {
      signal.throwIfAborted()
      const text = await readProcFile(pid, 'environ')
      const label = text?.includes(labelPrefix) === true ? readLabel(parseEnviron(text)) : undefined
      if (label !== undefined) found.set(pid, label)
    })
    return found
  }

  send(target: number, signal: NodeJS.Signals): boolean {
    return sendSignal(target, signal)
  }

  async #readUnits(): Promise<ProcUnits> {
    this.#units ??= readUnits()
    return this.#units
  }
}

async function readUnits(): Promise<ProcUnits> {
  const [bootId, auxv] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    readFile('/proc/self/auxv'),
  ])
  return { bootId: bootId.trim(), ...parseAuxv(auxv) }
}

/** Undefined when the process has gone meanwhile or is another user's. */
async function readProcFile(pid: number, name: 'stat' | 'environ'): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${name}`, 'utf8')
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined
    throw error
  }
}

/** `NAME=value`, each ended by a zero byte. */
export function parseEnviron(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>()
  for (const entry of text.split('\0')) {
    const equals = entry.indexOf('=')
    if (equals > 0 && entry.startsWith(labelPrefix)) {
      variables.set(entry.slice(0, equals), entry.slice(equals + 1))
    }
  }
  return variables
}
