import { readFile, rename } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import * as v from 'valibot'
import { type Closable, disposable } from '../../async/disposable.js'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import * as check from '../../options/checks.js'
import { systemClock, type Clock } from '../../clock.js'
import type { CallOptions } from '../../async/deadline.js'
import { FlotillaError } from '../../errors.js'
import { sweepTemporary, syncDirectory, writeAtomically } from '../../system/atomic-write.js'
import { makeDirectory } from '../../system/make-directory.js'
import { openState, sealState, stateVersion } from './envelope.js'
import { errnoOf, systemFailure } from '../../system/system-failure.js'
import {
  acquireFileLease,
  defaultLeaseMs,
  fileLeaseHolder,
  isFenced,
  type FileLease,
} from '../lease/file-lease.js'
import { jsonText } from './json-text.js'
import { LatestWriter } from './latest-writer.js'
import type { Lease, LeaseHolder, LoadedState, SaveOptions, StateStore } from '../store.js'
import { type Form, besideForm } from '../../options/form.js'

/** Options of `fileStore()`. */
export interface FileStoreOptions {
  /** For the times in file names and files; default the host's clock. */
  readonly clock?: Clock | undefined
  /**
   * A holder that has not renewed its lease for this long stops acting, and another takes over after 1.25 times as long.
   * The same for all that share the directory. Default 20,000.
   */
  readonly leaseMs?: number | undefined
}

const schema = v.strictObject({
  clock: v.optional(check.having<Clock>('a clock', 'now', 'monotonic', 'sleep')),
  leaseMs: v.optional(check.milliseconds(200)),
})

/**
 * A store of one file per group, `<group>.json`, in a directory that is made when it is not there. Files are for their
 * owner only (0600, the directory 0700).
 *
 * A save is on the disk when it resolves, and replaces the file whole; a state equal to the last one is not written again.
 * A file that is cut off, changed or of another group is renamed to `<group>.damaged-<time>.json`.
 *
 * A lease is a file `<group>.lease/<group>.<token>.lock`, and its pulse the file's own time, set every half `leaseMs`. Its holder's
 * successor is known by the next number. The directory may be on shared storage that makes a file for only one of many
 * (any local disk, NFS, SMB).
 *
 * A save with an older token is refused. That is looked up right before the file is replaced, as no file system does both in
 * one step: a holder that is suspended at that very moment may still replace it.
 *
 * @throws FlotillaError `invalid-options`
 *
 * @example
 * ```ts
 * import { fileStore } from '@flotilla/core'
 *
 * const store = fileStore('/var/lib/flotilla')
 * ```
 */
export function fileStore(
  directory: string,
  options: FileStoreOptions = {},
): StateStore & Closable & AsyncDisposable {
  if (!v.is(check.text(), directory) || directory.includes('\0')) {
    throw invalidOption('fileStore', 'directory', directory, 'the path of a directory')
  }
  const { clock = systemClock, leaseMs = defaultLeaseMs } = checkOptions('fileStore', schema, options)
  return disposable(new FileStore(resolve(directory), clock, leaseMs))
}

/** A rival that is about to take the lock needs its temporary file for far less than this. */
const oldTemporaryMs = 60_000

/**
 * Leases are looked through at every start. In one directory for all groups, each of many that start together would look
 * through those of all the others.
 */
const leaseStem = (directory: string, group: string): string => join(directory, `${group}.lease`, group)

/** What is kept of one group between calls. */
interface GroupFile {
  readonly path: string
  /** The path of its leases, without number and ending, in a directory of their own. */
  readonly stem: string
  readonly writer: LatestWriter
  /** The last one that was acquired here. */
  lease?: FileLease | undefined
  /** That of the save that was asked for last. */
  token?: number | undefined
}

class FileStore implements StateStore {
  readonly #directory: string
  readonly #clock: Clock
  readonly #leaseMs: number
  readonly #files = new Map<string, GroupFile>()
  #isClosed = false

  constructor(directory: string, clock: Clock, leaseMs: number) {
    this.#directory = directory
    this.#clock = clock
    this.#leaseMs = leaseMs
  }

  async load(group: string): Promise<LoadedState> {
    const { path, writer } = this.#fileOf(group)
    const attempted = `load state of group ${group} from ${path}`
    await writer.idle()
    try {
      await makeDirectory(this.#directory)
      await sweepTemporary(path)
      const text = await readFile(path, 'utf8')
      const opened = openState(group, text)
      switch (opened.kind) {
        case 'state':
          writer.known(JSON.stringify(opened.state))
          return opened
        case 'newer': {
          const message = `${attempted}: the file has version ${opened.version}, written by a newer Flotilla; this one reads up to ${stateVersion}`
          throw new FlotillaError('unsupported', message)
        }
        case 'damaged':
          writer.known(undefined)
          return { ...opened, ...(await this.#setAside(group, path)) }
      }
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') {
        writer.known(undefined)
        return { kind: 'none' }
      }
      throw systemFailure(attempted, error)
    }
  }

  async save(
    group: string,
    state: Parameters<StateStore['save']>[1],
    { token }: SaveOptions = {},
  ): Promise<void> {
    const file = this.#fileOf(group)
    const text = jsonText(state)
    // Of two that use this one store. What other processes gave out is looked up when it is written.
    if (token !== undefined && token < (file.lease?.token ?? 0)) throw fenced(group, file.path, token)
    file.token = token
    await file.writer.write(text)
  }

  async acquire(group: string, { signal }: CallOptions): Promise<Lease> {
    const file = this.#fileOf(group)
    const attempted = `acquire group ${group}`
    try {
      await makeDirectory(dirname(file.stem))
      await file.writer.idle()
      const clock = this.#clock
      const leaseMs = this.#leaseMs
      const lease = await acquireFileLease(file.stem, {
        attempted,
        clock,
        leaseMs,
        signal,
        before: file.lease,
      })
      file.lease = lease
      await sweepTemporary(file.stem, oldTemporaryMs)
      return this.#leaseOf(file, lease, group)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw systemFailure(`${attempted} in ${this.#directory}`, error)
    }
  }

  async holder(group: string): Promise<LeaseHolder | undefined> {
    const { stem } = this.#fileOf(group)
    try {
      return await fileLeaseHolder(stem)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw systemFailure(`look up who holds group ${group} in ${this.#directory}`, error)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const [group, { writer, lease }] of this.#files) {
      await writerIdleThen(writer, async () => lease?.release(), `release group ${group}`)
    }
    this.#files.clear()
  }

  #leaseOf({ writer }: GroupFile, lease: FileLease, group: string): Lease {
    return {
      token: lease.token,
      renewEveryMs: lease.renewEveryMs,
      isHeld: () => lease.isHeld(),
      renew: async () => {
        try {
          await lease.renew()
        } catch (error) {
          throw systemFailure(`renew the lease of group ${group} in ${this.#directory}`, error)
        }
      },
      release: () => writerIdleThen(writer, () => lease.release(), `release group ${group}`),
    }
  }

  #fileOf(group: string): GroupFile {
    if (this.#isClosed) throw new FlotillaError('closed', `state of group ${group}: the store is closed`)
    checkOptions('StateStore group', check.name(), group)
    const known = this.#files.get(group)
    if (known !== undefined) return known
    const stem = leaseStem(this.#directory, group)
    const path = join(this.#directory, `${group}.json`)
    const file: GroupFile = { path, stem, writer: new LatestWriter((text) => this.#write(group, text)) }
    this.#files.set(group, file)
    return file
  }

  async #write(group: string, stateText: string): Promise<void> {
    const stem = leaseStem(this.#directory, group)
    const path = join(this.#directory, `${group}.json`)
    const token = this.#files.get(group)?.token
    const attempted = `save state of group ${group} to ${path}`
    try {
      await makeDirectory(this.#directory)
      const assertMay = async (): Promise<void> => {
        if (token !== undefined && (await isFenced(stem, token))) throw fenced(group, path, token)
      }
      await writeAtomically(path, sealState(group, stateText, this.#clock.now()), { assertMay })
    } catch (error) {
      throw systemFailure(attempted, error)
    }
  }

  async #setAside(group: string, path: string): Promise<{ readonly setAsideAs?: string }> {
    const time = new Date(this.#clock.now()).toISOString().replace(/[-:.]/g, '')
    const setAsideAs = join(this.#directory, `${group}.damaged-${time}.json`)
    await rename(path, setAsideAs)
    await syncDirectory(this.#directory)
    return { setAsideAs }
  }
}

function fenced(group: string, path: string, token: number): FlotillaError {
  const message = `save state of group ${group} to ${path}: another controller has taken over the group since token ${token}`
  return new FlotillaError('conflict', message)
}

async function writerIdleThen(
  writer: LatestWriter,
  release: () => Promise<void>,
  attempted: string,
): Promise<void> {
  await writer.idle()
  try {
    await release()
  } catch (error) {
    throw systemFailure(attempted, error)
  }
}

/** How `fileStore` is written in a file. */
export const fileStoreForm: Form = besideForm(
  'a state store',
  'fileStore',
  fileStore,
  ['directory', check.text()],
  schema.entries,
)
