import { randomBytes } from 'node:crypto'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errnoOf } from './file-failure.js'

/**
 * Replaces a file so that whoever reads it, also after a power cut, finds either the old text or the new one, whole. When
 * it resolves, the new one is on the disk. When it rejects, the old one is untouched.
 *
 * @param assertMay - asked as late as can be, right before the old one is replaced; when it rejects, so does this
 */
export async function writeAtomically(
  path: string,
  text: string,
  assertMay: () => Promise<void> = async () => {},
): Promise<void> {
  const temporary = temporaryPath(path)
  try {
    // Beside the file itself, as only within one file system can it be renamed.
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await assertMay()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
  await syncDirectory(dirname(path))
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
