import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeSeedFolder, sweepSeedFolders } from '../../src/disks/seed-folders.js'

let parent: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'flotilla-test-'))
})
afterEach(async () => rm(parent, { recursive: true, force: true }))

/** A process number that nobody has. */
const gone = (): number => spawnSync('true').pid

async function folder(name: string, ageMs: number): Promise<string> {
  const path = join(parent, name)
  await mkdir(path)
  await writeFile(join(path, 'user-data'), 'secret')
  const at = new Date(Date.now() - ageMs)
  await utimes(path, at, at)
  return path
}

describe('a folder with a seed', () => {
  it('may be entered by its user only', async () => {
    const path = await makeSeedFolder()
    expect(statSync(path).mode & 0o777).toBe(0o700)
    await rm(path, { recursive: true })
  })

  it('goes when its process was killed, and no other does', async () => {
    const left = await folder(`flotilla-seed-${gone()}-abc`, 61_000)
    const old = await folder(`flotilla-seed-${process.pid}-abc`, 3_700_000)
    const kept = [
      // A process of another container may have that number.
      await folder(`flotilla-seed-${gone()}-def`, 1000),
      await folder(`flotilla-seed-${process.pid}-def`, 61_000),
      await folder('flotilla-seed-mine', 1e9),
      await folder('other', 1e9),
    ]
    await sweepSeedFolders(parent)
    expect([left, old].map((path) => existsSync(path))).toEqual([false, false])
    expect(kept.map((path) => existsSync(path))).toEqual(kept.map(() => true))
  })
})
