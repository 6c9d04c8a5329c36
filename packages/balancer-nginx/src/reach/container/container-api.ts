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

/** How a container is. */
export interface ContainerState {
  readonly id: string
  /** The engine's own word: `running`, `paused`, `exited`. */
  readonly status: string
  readonly exitCode: number | undefined
  readonly startedAt: string
  /** The number of its first process, as `top` counts; 0 when it does not run. */
  readonly mainPid: number
  /** In its networks. */
  readonly addresses: readonly string[]
  /** TCP ports that can be reached on the engine's host under another number. */
  readonly published: readonly { readonly host: string; readonly from: number; readonly to: number }[]
}

/**
 * One container, through its engine: the calls we make, in our words. Each fails with a FlotillaError: `not-found` when
 * there is no such container; `permission-denied`; `unavailable` when the engine or the container
 * does not run; and with the signal's reason when that aborts.
 */
export interface ContainerApi {
  /** For messages: the name it is asked by. */
  readonly name: string
  /** Whether the engine is on this machine, so that what it publishes is published here. */
  readonly isLocal: boolean
  inspect(call: CallOptions): Promise<ContainerState>
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
