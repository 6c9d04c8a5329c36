import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FlotillaError } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import { Source } from './source.js'

/**
 * The file, or every `.yaml` and `.yml` of the folder, in the order of their names.
 *
 * @throws FlotillaError `not-found` when it cannot be read, `invalid-options` when the folder has none
 */
export async function readSources(path: string): Promise<readonly Source[]> {
  try {
    const files = (await stat(path)).isDirectory() ? await filesIn(path) : [path]
    if (files.length > 0) {
      return await Promise.all(files.map(async (file) => new Source(file, await readFile(file, 'utf8'))))
    }
  } catch (error) {
    const message = `the configuration ${path} cannot be read: ${messageOf(error)}`
    throw new FlotillaError('not-found', message, { cause: error })
  }
  const message = `the folder ${path} has no configuration: no file whose name ends with .yaml or .yml`
  throw new FlotillaError('invalid-options', message, { field: 'path', value: path })
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder)
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .toSorted()
    .map((name) => join(folder, name))
}
