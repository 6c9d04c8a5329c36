import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf } from './system-failure.js'

/**
 * Makes a directory for its owner only, with those above it, unless it is there.
 *
 * @throws what the file system says, such as `EROFS`. Node says `ENOENT` of whatever keeps it from making several at once
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    const parent = dirname(path)
    if (parent !== path) await makeDirectory(parent)
    await mkdir(path, { mode: 0o700 }).catch((why: unknown) => {
      if (errnoOf(why) !== 'EEXIST') throw why
    })
  }
}
