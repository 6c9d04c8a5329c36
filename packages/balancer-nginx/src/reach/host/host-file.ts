import { readFile, realpath, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { sweepTemporary, syncDirectory, unlessMissing, writeAtomically } from '@flotilla/core/authoring'

/** The file's text; undefined when it is not there. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return unlessMissing(readFile(path, 'utf8'))
}

/**
 * Replaces a file, whole or not at all. A symbolic link stays one, and the permissions stay as they are. The temporary
 * file beside it ends in `.tmp`, so that `include *.conf` does not read it.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = (await unlessMissing(realpath(path))) ?? path
  // What a process that was killed while it wrote has left.
  await sweepTemporary(target)
  await writeAtomically(target, text, { mode: 'kept' })
}

/** Removes a file; one that is not there is no failure. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true })
  // After a power cut the file must not be back.
  await syncDirectory(dirname(path))
}
