import { access, link, open, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { temporaryPath } from '../../system/atomic-write.js'
import { errnoOf } from '../../system/system-failure.js'

/**
 * - `lock`: the token is held, by whom stands in it; its own time is the holder's pulse
 * - `free`: the token was held and released
 * - `token`: the token was given out; kept apart, so that tokens grow although a lock was deleted
 */
export type LeaseFile = 'lock' | 'free' | 'token'

export interface NumberedFile {
  readonly token: number
  readonly kind: LeaseFile
}

/**
 * The files that say who holds one thing, in a directory that several processes and hosts may share: `web.7.lock`. The token stands in the name, so that taking over is making a file that is not there yet, which a file system
 * does for one of many; a file that is replaced could be replaced by two.
 */
export class LeaseFiles {
  readonly #stem: string
  readonly #mode: number

  /**
   * @param stem - the path without number and ending: `/var/lib/flotilla/web`
   * @param mode - of the files
   */
  constructor(stem: string, mode: number) {
    this.#stem = stem
    this.#mode = mode
  }

  pathOf(token: number, kind: LeaseFile = 'lock'): string {
    return `${this.#stem}.${token}.${kind}`
  }

  /** Every file of this stem. */
  async all(): Promise<readonly NumberedFile[]> {
    const prefix = `${basename(this.#stem)}.`
    const names = (await unlessGone(readdir(dirname(this.#stem)))) ?? []
    return names
      .filter((name) => name.startsWith(prefix))
      .flatMap((name) => numberedFile(name.slice(prefix.length)))
  }

  /** Makes a lock unless it is there, all of it at once: a link to a file that is whole already. */
  async create(token: number, text: string): Promise<boolean> {
    const path = this.pathOf(token)
    const temporary = temporaryPath(path)
    try {
      await writeFile(temporary, text, { flag: 'wx', mode: this.#mode })
      try {
        await link(temporary, path)
      } catch (error) {
        // A file system without links. The file is torn for a moment; who looks then waits for its pulse.
        if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error
        await writeFile(path, text, { flag: 'wx', mode: this.#mode })
      }
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false
      throw error
    } finally {
      await rm(temporary, { force: true })
    }
    return (await this.read(token)) === text
  }

  /** Writes down that a token was given out. False when it was before. */
  async mark(token: number): Promise<boolean> {
    try {
      await writeFile(this.pathOf(token, 'token'), '', { flag: 'wx', mode: this.#mode })
      return true
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false
      throw error
    }
  }

  async free(token: number): Promise<void> {
    await rename(this.pathOf(token), this.pathOf(token, 'free'))
    await rm(this.pathOf(token, 'token'), { force: true })
  }

  async has(token: number, kind: LeaseFile): Promise<boolean> {
    return (await unlessGone(access(this.pathOf(token, kind)).then(() => true))) ?? false
  }

  /** What stands in a lock; undefined when there is none. */
  async read(token: number): Promise<string | undefined> {
    return unlessGone(readFile(this.pathOf(token), 'utf8'))
  }

  /** @throws `ENOENT` when the lock is gone */
  async pulse(token: number, atMs: number): Promise<void> {
    const at = new Date(atMs)
    await utimes(this.pathOf(token), at, at)
  }

  /** When the holder last showed that it lives, by its own clock; undefined when the lock is gone. */
  async pulseOf(token: number): Promise<number | undefined> {
    // Opened first: NFS asks its server then, and answers a bare stat from its cache.
    const file = await unlessGone(open(this.pathOf(token), 'r'))
    if (file === undefined) return undefined
    try {
      return (await file.stat()).mtimeMs
    } finally {
      await file.close()
    }
  }

  async remove(token: number): Promise<void> {
    await rm(this.pathOf(token), { force: true })
  }

  /** Removes what lower tokens left, the lowest first: a holder of one of them must not find its lock alone. */
  async sweepBelow(token: number): Promise<void> {
    const old = (await this.all()).filter((file) => file.token < token)
    for (const file of old.toSorted((a, b) => a.token - b.token)) {
      try {
        await rm(this.pathOf(file.token, file.kind), { force: true })
      } catch (error) {
        // Another user's, in a directory for all. It does no harm.
        if (!['EPERM', 'EACCES'].includes(errnoOf(error) ?? '')) throw error
      }
    }
  }
}

function numberedFile(rest: string): readonly NumberedFile[] {
  const [, digits, kind] = /^([1-9]\d{0,14})\.(lock|free|token)$/.exec(rest) ?? []
  return digits === undefined ? [] : [{ token: Number(digits), kind: kind as LeaseFile }]
}

async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
