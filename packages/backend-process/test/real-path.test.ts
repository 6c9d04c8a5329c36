import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { processes } from '../src/index.js'

it('has one scope for a state directory under two names, also before it is made', async () => {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'flotilla-scope-')))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  await mkdir(join(home, 'a'))
  await symlink('a', join(home, 'b'))
  const scopeOf = (stateDir: string): string | undefined => processes({ command: 'true', stateDir }).scope
  expect(scopeOf(join(home, 'b', 'state'))).toBe(join(home, 'a', 'state'))
  expect(scopeOf(join(home, 'a', 'state', '.'))).toBe(join(home, 'a', 'state'))
})
