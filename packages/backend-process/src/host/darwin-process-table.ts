import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Label } from '../labels.js'
import { sendSignal, type ProcessRow, type ProcessTable } from './process-table.js'
import { parsePsLabels, parsePsRows, psColumns } from './ps-output.js'

const run = promisify(execFile)
const timeoutMs = 10_000
const maxOutputBytes = 64 * 1024 * 1024

/**
 * The process table of macOS, from `ps`, one run per call. Times are to the second there, and the system does not show
 * the environment of its own programs (`/bin/sh`, say), so a label may be hidden; the recorded pid and birth are then all
 * there is.
 *
 * @see https://keith.github.io/xcode-man-pages/ps.1.html
 */
export class DarwinProcessTable implements ProcessTable {
  readonly #ps: string

  constructor(ps: string = '/bin/ps') {
    this.#ps = ps
  }

  async all(signal: AbortSignal): Promise<readonly ProcessRow[]> {
    return parsePsRows(await this.#run(['-A', '-o', psColumns], signal))
  }

  async some(pids: readonly number[], signal: AbortSignal): Promise<readonly ProcessRow[]> {
    if (pids.length === 0) return []
    return parsePsRows(await this.#run(['-p', pids.join(','), '-o', psColumns], signal))
  }

  async labels(pids: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, Label>> {
    if (pids.length === 0) return new Map()
    return parsePsLabels(await this.#run(['-E', '-ww', '-p', pids.join(','), '-o', 'pid=,command='], signal))
  }

  send(target: number, signal: NodeJS.Signals): boolean {
    return sendSignal(target, signal)
  }

  async #run(args: readonly string[], signal: AbortSignal): Promise<string> {
    try {
      const { stdout } = await run(this.#ps, [...args], {
        signal,
        timeout: timeoutMs,
        maxBuffer: maxOutputBytes,
        // A birth is compared with what an earlier controller wrote down, whatever its language and time zone were.
        env: { LC_ALL: 'C', TZ: 'UTC' },
      })
      return stdout
    } catch (error) {
      signal.throwIfAborted()
      if (isNothingFound(error)) return ''
      throw error
    }
  }
}

/** `ps -p` exits with 1, and prints nothing, when none of the processes exists. */
function isNothingFound(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && error.code === 1 && 'stdout' in error && error.stdout === ''
  )
}
