import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** The path without links, as far as it exists: one directory has one, whatever it is called. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(realPath(parent), basename(path))
  }
}
