import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openStateDir } from '../../src/book/state-dir.js'
import { Playground, never } from '../support/playground.js'

let playground: Playground

beforeEach(async () => {
  playground = await Playground.make()
})
afterEach(async () => playground.cleanup())

const inside = (name: string): string => join(playground.stateDir, name)

describe('a state directory', () => {
  it('has one id, whoever comes first and however many do', async () => {
    const path = inside('new/deep')
    const ids = await Promise.all(Array.from({ length: 8 }, async () => openStateDir(path)))
    expect(new Set(ids).size).toBe(1)
    expect(await openStateDir(path)).toBe(ids[0])
    expect(await readdir(path)).toEqual(['id'])
  })

  it('has another id than another', async () => {
    expect(await openStateDir(inside('a'))).not.toBe(await openStateDir(inside('b')))
  })

  it('loses the temporary files of those who were killed while they made its id', async () => {
    await writeFile(inside('.id.1.tmp'), '')
    await openStateDir(playground.stateDir)
    expect(await readdir(playground.stateDir)).toEqual(['id'])
  })

  it('with a damaged id is refused, not given a new one: what runs would be orphaned', async () => {
    await writeFile(inside('id'), '')
    await expect(openStateDir(playground.stateDir)).rejects.toMatchObject({ code: 'state-damaged' })
  })

  it.each([
    ['everyone', 0o777],
    ['its group', 0o770],
  ])('that %s may write to is refused: a record says whom to end', async (who, mode) => {
    await mkdir(inside('open'))
    await chmod(inside('open'), mode)
    await expect(openStateDir(inside('open'))).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringMatching(new RegExp(`may be written by ${who}, .*: chmod go-w it$`)),
    })
  })

  it('of another user is refused, by root too', async () => {
    await openStateDir(inside('mine'))
    const geteuid = vi.spyOn(process, 'geteuid').mockReturnValue(12_345)
    try {
      await expect(openStateDir(inside('mine'))).rejects.toMatchObject({
        code: 'permission-denied',
        message: expect.stringMatching(/mine belongs to user \d+, not to 12345/),
      })
    } finally {
      geteuid.mockRestore()
    }
  })

  it('is one scope under all its names, before it exists too', async () => {
    const scope = playground.backend().scope
    await symlink(playground.stateDir, inside('link'))
    expect(playground.backend({ stateDir: inside('link') }).scope).toBe(scope)
    expect(playground.backend({ stateDir: inside('link/new/deep') }).scope).toBe(`${scope}/new/deep`)
  })

  it('that cannot be made is an error that names it, and nothing is started', async () => {
    await writeFile(inside('file'), '')
    const stateDir = join(inside('file'), 'state')
    const backend = playground.backend({ stateDir })
    for (const call of [
      backend.launch({ group: 'web', token: 't' }, { signal: never }),
      backend.list('web', { signal: never }),
    ]) {
      await expect(call).rejects.toMatchObject({
        name: 'FlotillaError',
        code: 'unavailable',
        field: 'stateDir',
        message: expect.stringMatching(
          /^processes: stateDir \S+\/file\/state cannot be used: ENOTDIR.*; give a directory on a local disk/,
        ),
        cause: { code: 'ENOTDIR' },
      })
    }
    expect(await playground.pidsOf('web.t')).toEqual([])
  })
})
