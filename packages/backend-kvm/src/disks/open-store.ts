import { FlotillaError } from '@flotilla/core'
import type { Step } from '../connection/link.js'
import type { Host } from '../host/host.js'
import type { Owner } from '../labels.js'
import type { Storage } from '../options.js'
import { DirectoryDisks } from './directory-disks.js'
import type { DiskStore } from './disk-store.js'
import { PoolDisks } from './pool-disks.js'

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

/** Where a machine's files are; undefined when it has none. */
export async function storeOf(
  host: Host,
  { pool, directory, files }: Owner,
  step: Step,
): Promise<DiskStore | undefined> {
  if (files.length === 0 || (pool === undefined && directory === undefined)) return undefined
  return openStore(
    host,
    directory === undefined ? { kind: 'pool', pool: pool ?? '' } : { kind: 'directory', directory },
    step,
  )
}
