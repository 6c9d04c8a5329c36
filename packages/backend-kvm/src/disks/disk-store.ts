import type { Step } from '../connection/link.js'
import type { Backing } from '../xml/volume-xml.js'

/** Where the files of machines are, on one hypervisor. */
export interface DiskStore {
  /** Absolute, on the hypervisor. */
  pathOf(file: string): string
  /** Makes a linked clone, and gives its virtual size in bytes. */
  makeOverlay(file: string, backing: Backing, step: Step): Promise<bigint>
  makeBlank(file: string, format: 'qcow2' | 'raw', capacityBytes: number, step: Step): Promise<void>
  /** Makes a raw file with this in it. */
  makeWith(file: string, content: Uint8Array, step: Step): Promise<void>
  /**
   * Succeeds for files that do not exist.
   *
   * @param isKnown - no others can be meant than those that were made through this store: another hypervisor's need a
   *   look at the storage first
   */
  remove(files: readonly string[], step: Step & { readonly isKnown?: boolean }): Promise<void>
  list(step: Step): Promise<readonly string[]>
  /** Files that we did not make, each with what it is based on: a snapshot's, a copy that somebody works on. */
  overlays(step: Step): Promise<readonly Overlay[]>
  /** The last bytes of a file; undefined when there is no such file. */
  tail(file: string, maxBytes: number, step: Step): Promise<Uint8Array | undefined>
}

/** A file that is based on another one. */
export interface Overlay {
  readonly file: string
  /** The base name of what it is based on. */
  readonly base: string
}
