import { randomUUID } from 'node:crypto'
import { link, rename, rm, writeFile } from 'node:fs/promises'
import { systemCode } from '../errors.js'

/*
 * Every file here appears whole or not at all, whatever kills the writer. None is synced to the disk: processes do not
 * outlive a power loss, so neither need what is known of them.
 */

/** Writes a file unless it is there; of several that try at once, one succeeds. */
export async function createFile(path: string, content: string): Promise<boolean> {
  const draft = await writeDraft(path, content)
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** Replaces a file's content in one step. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const draft = await writeDraft(path, content)
  try {
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

async function writeDraft(path: string, content: string): Promise<string> {
  const draft = `${path}.${randomUUID()}.draft`
  try {
    await writeFile(draft, content, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    // A full disk leaves an empty file behind.
    await rm(draft, { force: true })
    throw error
  }
  return draft
}
