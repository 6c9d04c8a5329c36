import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A directory for a world's files, with a disk of its own for the store, so small that it can be filled. Needs root.
 *
 * @param {string} name
 */
export function worldDirectory(name) {
  const directory = mkdtempSync(join(tmpdir(), `flotilla-chaos-${name}-`))
  const store = join(directory, 'store')
  mkdirSync(store)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'flotilla-chaos', store])
  return {
    directory,
    remove() {
      execFileSync('umount', [store])
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
