import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What `worldDirectory` has made and nobody has removed yet. @type {Set<() => void>} */
const directories = new Set()

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
  const remove = () => {
    if (!directories.delete(remove)) return
    execFileSync('umount', [store])
    rmSync(directory, { recursive: true, force: true })
  }
  directories.add(remove)
  return { directory, remove }
}

/** Removes what a world left that did not come to be made whole. */
export function removeWorldDirectories() {
  for (const remove of directories) remove()
}
