import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf } from '../../errors.js'

/** The file's text; undefined when it is not there. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Replaces a file so that whoever reads it, also after a power cut, finds either the old text or the new one, whole. When
 * it rejects, the old one is untouched. A symbolic link stays one, and the permissions stay as they are.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await targetOf(path)
  // Beside it, as only within one file system can it be renamed; the ending keeps `include *.conf` from reading it.
  const temporary = `${target}.tmp`
  try {
    await rm(temporary, { force: true })
    const file = await open(temporary, 'wx', 0o644)
    try {
      await file.chmod(await modeOf(target))
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
  await syncDirectory(dirname(target))
}

/** Removes a file; one that is not there is no failure. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true })
  await syncDirectory(dirname(path))
}

async function modeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).mode & 0o777
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0o644
    throw error
  }
}

async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return path
    throw error
  }
}

/** A rename is only sure to survive a power cut once its directory is on the disk. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Some network file systems cannot do this, and order renames themselves.
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(errnoOf(error) ?? '')) throw error
  } finally {
    await handle.close()
  }
}
