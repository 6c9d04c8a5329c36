import type { Backend } from '../../backend.js'
import type { SuiteOptions } from '../common/suite-options.js'

/** The calls of a backend that a fault can be armed for. */
export type BackendCall = 'list' | 'launch' | 'terminate' | 'usage'

/**
 * One backend under test, with what the suite cannot do through the contract. Whatever of it is left out skips the cases
 * that need it, with a word why.
 */
export interface BackendUnderTest {
  readonly backend: Backend
  /** A second controller on the same machines, which remembers nothing of the first. */
  reopen?(): Promise<Backend>
  /** Makes a machine that carries no label of ours, and gives its id as the backend would name it. */
  makeForeign?(): Promise<string>
  /** Whether a machine still runs, foreign ones too; read round the backend. */
  isRunning?(id: string): Promise<boolean>
  /** Makes a machine stop by itself, as a crash would. */
  crash?(id: string): Promise<void>
  /** Makes the platform say that a running machine cannot serve: its health check fails, its disk has an error, it is paused. */
  impair?(id: string): Promise<void>
  /** Undoes `impair`. */
  heal?(id: string): Promise<void>
  /** What exists beside the machines that `list` shows and was made for one: disks, ports, files, in words. */
  leftovers?(): Promise<readonly string[]>
  /** Gives a machine a known use: a ratio of its limit, and bytes. */
  setUsage?(id: string, use: { readonly cpuRatio: number; readonly memoryBytes: number }): Promise<void>
  /** Makes a machine write this, as its program would to its output or console: whole lines. */
  writeOutput?(id: string, text: string): Promise<void>
  /** Arms a fault: the next launch fails after it has made a part of its machine. */
  failHalfWay?(): void | Promise<void>
  /** Arms a fault: the next launch makes its machine, and the vendor's answer to that never comes back. */
  loseReply?(): void | Promise<void>
  /** Arms a fault: the vendor answers the next such call with an error of its own. */
  failNext?(call: BackendCall): void | Promise<void>
  /** Arms a fault: the vendor does not answer the next such call. */
  hangNext?(call: BackendCall): void | Promise<void>
  /** Arms a fault: the vendor refuses to end this machine. */
  refuseTerminate?(id: string): void | Promise<void>
  /** Removes everything that is left. The suite has terminated what it launched and closed the backends, where it could. */
  cleanup(): Promise<void>
}

/** How to make a backend for the contract suite. Each case asks for a new one, and uses group names of its own. */
export interface BackendKit extends SuiteOptions {
  /** A new backend, on machines that no other case sees or in groups of its own. */
  make(): Promise<BackendUnderTest>
}
