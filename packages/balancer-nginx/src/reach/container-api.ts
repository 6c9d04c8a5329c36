import type { CallOptions } from '@flotilla/core'

/** What came of a program run inside the container. */
export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** The processes of the container, as the host of its daemon shows them. */
export interface TopTable {
  readonly titles: readonly string[]
  readonly processes: readonly (readonly string[])[]
}

/**
 * One container, through its engine: the calls we make, in our words. Each fails with a FlotillaError: `not-found` when
 * there is no such container, or no such path in it; `permission-denied`; `unavailable` when the engine or the container
 * does not run; and with the signal's reason when that aborts.
 */
export interface ContainerApi {
  /** For messages: the name it is asked by. */
  readonly name: string
  /** The number of its first process, as `top` counts. */
  mainPid(call: CallOptions): Promise<number>
  exec(argv: readonly string[], call: CallOptions): Promise<ExecResult>
  /** Unpacks a tar archive into a directory that is there. */
  upload(directory: string, archive: Buffer, call: CallOptions): Promise<void>
  /** A file or directory as a tar archive; undefined when it is not there. */
  download(path: string, call: CallOptions): Promise<Buffer | undefined>
  top(call: CallOptions): Promise<TopTable>
  /** Sends a signal to its first process. */
  signal(name: 'SIGHUP', call: CallOptions): Promise<void>
  /** What it printed since then, epoch milliseconds; the last lines only. */
  logs(sinceMs: number, call: CallOptions): Promise<string>
}
