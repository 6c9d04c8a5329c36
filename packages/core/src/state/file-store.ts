import { mkdir, readFile, rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import * as v from 'valibot'
import { checkOptions, invalidOption } from '../check-options.js'
import * as check from '../checks.js'
import { systemClock, type Clock } from '../clock.js'
import { FlotillaError } from '../errors.js'
import { sweepTemporary, syncDirectory, writeAtomically } from './atomic-write.js'
import { openState, sealState, stateVersion } from './envelope.js'
import { errnoOf, fileFailure } from './file-failure.js'
import { lockFile, type FileLock } from './file-lock.js'
import { jsonText } from './json-text.js'
import { LatestWriter } from './latest-writer.js'
import type { LoadedState, StateStore } from './store.js'

export interface FileStoreOptions {
  /** For the times in file names and files; default the host's clock. */
  readonly clock?: Clock | undefined
}

const schema = v.strictObject({ clock: v.optional(check.having<Clock>('a clock', 'now', 'sleep')) })

/**
 * A store of one file per group, `<group>.json`, in a directory that is made when it is not there. Files are for their
 * owner only (0600, the directory 0700).
 *
 * A save is on the disk when it resolves, and replaces the file whole; a state equal to the last one is not written again.
 * A file that is cut off, changed or of another group is renamed to `<group>.damaged-<time>.json`. `lock` keeps a
 * `<group>.lock`, which a killed holder leaves behind and the next one takes over.
 *
 * @throws FlotillaError `invalid-options`
 */
export function fileStore(directory: string, options: FileStoreOptions = {}): StateStore {
  if (!v.is(check.text(), directory) || directory.includes('\0')) {
    throw invalidOption('fileStore', 'directory', directory, 'the path of a directory')
  }
  const { clock = systemClock } = checkOptions('fileStore', schema, options)
  return new FileStore(resolve(directory), clock)
}

/** A rival that is about to take the lock needs its temporary file for far less than this. */
const oldTemporaryMs = 60_000

/** What is kept of one group between calls. */
interface GroupFile {
  readonly path: string
  readonly writer: LatestWriter
  lock?: FileLock | undefined
}

class FileStore implements StateStore {
  readonly #directory: string
  readonly #clock: Clock
  readonly #files = new Map<string, GroupFile>()
  #isClosed = false

  constructor(directory: string, clock: Clock) {
    this.#directory = directory
    this.#clock = clock
  }

  async load(group: string): Promise<LoadedState> {
    const { path, writer } = this.#fileOf(group)
    const attempted = `load state of group ${group} from ${path}`
    await writer.idle()
    try {
      await this.#makeDirectory()
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
      throw fileFailure(attempted, error)
    }
  }

  async save(group: string, state: Parameters<StateStore['save']>[1]): Promise<void> {
    const { writer } = this.#fileOf(group)
    await writer.write(jsonText(state))
  }

  async lock(
    group: string,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<() => Promise<void>> {
    const file = this.#fileOf(group)
    const path = join(this.#directory, `${group}.lock`)
    const attempted = `lock group ${group}`
    try {
      await this.#makeDirectory()
      const lock = await lockFile(path, { attempted, clock: this.#clock, signal })
      file.lock = lock
      await sweepTemporary(path, oldTemporaryMs)
      return async () => {
        if (file.lock === lock) file.lock = undefined
        await writerIdleThen(file.writer, () => lock.release(), `unlock group ${group}`)
      }
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason
      throw fileFailure(`${attempted} with ${path}`, error)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const [group, { writer, lock }] of this.#files) {
      await writerIdleThen(writer, async () => lock?.release(), `unlock group ${group}`)
    }
    this.#files.clear()
  }

  #fileOf(group: string): GroupFile {
    if (this.#isClosed) throw new FlotillaError('closed', `state of group ${group}: the store is closed`)
    checkOptions('StateStore group', check.name(), group)
    const known = this.#files.get(group)
    if (known !== undefined) return known
    const path = join(this.#directory, `${group}.json`)
    const file: GroupFile = { path, writer: new LatestWriter((text) => this.#write(group, text)) }
    this.#files.set(group, file)
    return file
  }

  async #write(group: string, stateText: string): Promise<void> {
    const path = join(this.#directory, `${group}.json`)
    const attempted = `save state of group ${group} to ${path}`
    try {
      const lock = this.#files.get(group)?.lock
      if (lock !== undefined && !(await lock.isHeld())) {
        throw new FlotillaError('conflict', `${attempted}: another process has taken over the group`)
      }
      await this.#makeDirectory()
      await writeAtomically(path, sealState(group, stateText, this.#clock.now()))
    } catch (error) {
      throw fileFailure(attempted, error)
    }
  }

  async #makeDirectory(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
  }

  async #setAside(group: string, path: string): Promise<{ readonly setAsideAs?: string }> {
    const time = new Date(this.#clock.now()).toISOString().replace(/[-:.]/g, '')
    const setAsideAs = join(this.#directory, `${group}.damaged-${time}.json`)
    await rename(path, setAsideAs)
    await syncDirectory(this.#directory)
    return { setAsideAs }
  }
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
    throw fileFailure(attempted, error)
  }
}
