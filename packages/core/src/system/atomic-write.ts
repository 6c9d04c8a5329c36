import { randomBytes } from 'node:crypto'
import { link, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errnoOf, unlessMissing } from './system-failure.js'

/** Options of `writeAtomically()` and `createAtomically()`. */
export interface AtomicWriteOptions {
  /** Permissions of the file; default 0o600. `kept` keeps those of the file that is replaced, and gives a new one 0o644. */
  readonly mode?: number | 'kept' | undefined
  /**
   * Whether it is on the disk when it resolves, so that it survives a power cut; default true. Without, it still appears
   * whole or not at all.
   */
  readonly isDurable?: boolean | undefined
  /** Asked as late as can be, right before the old one is replaced; when it rejects, so does the write. */
  readonly assertMay?: (() => Promise<void>) | undefined
}

/**
 * Replaces a file so that whoever reads it, also after a power cut, finds either the old text or the new one, whole. When
 * it rejects, the old one is untouched.
 */
export async function writeAtomically(
  path: string,
  text: string,
  { mode = 0o600, isDurable = true, assertMay }: AtomicWriteOptions = {},
): Promise<void> {
  const temporary = await writeTemporary(path, text, { mode, isDurable })
  try {
    await assertMay?.()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
  if (isDurable) await syncDirectory(dirname(path))
}

/**
 * Writes a file that is not there yet, whole or not at all; of several that try at once, one succeeds.
 *
 * @returns whether it was this one
 */
export async function createAtomically(
  path: string,
  text: string,
  { mode = 0o600, isDurable = true }: Omit<AtomicWriteOptions, 'assertMay'> = {},
): Promise<boolean> {
  const temporary = await writeTemporary(path, text, { mode, isDurable })
  try {
    await link(temporary, path)
    if (isDurable) await syncDirectory(dirname(path))
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true }).catch(() => {})
  }
}

async function writeTemporary(
  path: string,
  text: string,
  { mode, isDurable }: { readonly mode: number | 'kept'; readonly isDurable: boolean },
): Promise<string> {
  const temporary = temporaryPath(path)
  try {
    // Beside the file itself, as only within one file system can it be renamed.
    const file = await open(temporary, 'wx', 0o600)
    try {
      if (mode !== 0o600) await file.chmod(mode === 'kept' ? await modeOf(path) : mode)
      await file.writeFile(text)
      if (isDurable) await file.sync()
    } finally {
      await file.close()
    }
    return temporary
  } catch (error) {
    // A full disk leaves an empty file behind.
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}

async function modeOf(path: string): Promise<number> {
  const found = await unlessMissing(stat(path))
  return found === undefined ? 0o644 : found.mode & 0o777
}

/** A name beside the file that nobody else uses. `sweepTemporary` finds it. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`)
}

/**
 * Removes what writers of this file left behind when they were killed.
 *
 * @param olderThanMs - spares younger ones, which may be in use; default 0
 */
export async function sweepTemporary(path: string, olderThanMs: number = 0): Promise<void> {
  const directory = dirname(path)
  const prefix = `.${basename(path)}.`
  const names = (await readdir(directory)).filter((name) => name.startsWith(prefix) && name.endsWith('.tmp'))
  for (const name of names) {
    const left = join(directory, name)
    if (olderThanMs === 0 || (await ageOf(left)) > olderThanMs) await rm(left, { force: true })
  }
}

/** How long ago a file was written, milliseconds; 0 when it is gone. */
async function ageOf(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0
    throw error
  }
}

/** A rename is only sure to survive a power cut once its directory is on the disk. */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    // Windows cannot do this, nor can some network file systems; both order renames themselves.
    if (!['EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP'].includes(errnoOf(error) ?? '')) throw error
  }
}
