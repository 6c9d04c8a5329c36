import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errnoOf } from '@flotilla/core/authoring'

/**
 * A seed is made in seconds. What is older than the first was left by a process that is gone, unless a process has its
 * number; what is older than the second was left whoever has the number now.
 */
const staleMs = { noProcess: 60_000, anyProcess: 3_600_000 }

const prefix = 'flotilla-seed-'

/** A folder for one seed's files, that only this user may enter (0700), with this process's number in its name. */
export async function makeSeedFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
}

/** Removes the folders that this user's processes left when they were killed: they hold what guests are told at first boot. */
export async function sweepSeedFolders(parent: string = tmpdir()): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  for (const name of names) {
    const [, pid] = /^flotilla-seed-(\d+)-\w+$/.exec(name) ?? []
    if (pid === undefined) continue
    const path = join(parent, name)
    if (await isLeft(path, Number(pid))) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

async function isLeft(path: string, pid: number): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined || !found.isDirectory() || found.uid !== process.getuid?.()) return false
  const ageMs = Date.now() - found.mtimeMs
  return ageMs > (isAlive(pid) ? staleMs.anyProcess : staleMs.noProcess)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errnoOf(error) === 'EPERM'
  }
}
