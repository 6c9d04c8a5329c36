import { FlotillaError, type CallOptions } from '@flotilla/core'
import { DirectoryDisks } from './directory-disks.js'
import type { Host } from '../host/host.js'
import type { Storage } from '../options.js'
import { PoolDisks } from './pool-disks.js'
import type { Backing } from '../xml/volume-xml.js'

/** One piece of a piece of work: how it is called, and what bounds it. */
export interface Step extends CallOptions {
  readonly what: string
}

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
   * Those that are not there are no failure.
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

const pools = new WeakMap<Host, Map<string, PoolDisks>>()

/** @throws FlotillaError `invalid-template` when the pool's volumes are not files of one directory */
export async function openStore(host: Host, storage: Storage, step: Step): Promise<DiskStore> {
  if (storage.kind === 'directory') {
    if (!host.isLocal) {
      const message = `${step.what}: a directory is for the hypervisor of this host; ${host.label} needs a storage pool`
      throw new FlotillaError('invalid-template', message)
    }
    return new DirectoryDisks(storage.directory, host.timeoutMs)
  }
  const known = pools.get(host) ?? new Map<string, PoolDisks>()
  pools.set(host, known)
  const store = known.get(storage.pool) ?? (await PoolDisks.open(host, storage.pool, step))
  known.set(storage.pool, store)
  return store
}
