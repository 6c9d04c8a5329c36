import { expect, it, vi } from 'vitest'
import { makeDirectory } from '../../src/system/make-directory.js'

const failure = (code: string): Error => Object.assign(new Error(`${code}: mkdir`), { code })
const made: string[] = []
let plain: string | undefined

// What Node 20 to 24 answer on a file system that is mounted read-only.
vi.mock('node:fs/promises', () => ({
  async mkdir(path: string, { recursive = false }: { readonly recursive?: boolean }) {
    if (path === '/mnt') return
    if (recursive) throw failure('ENOENT')
    if (plain !== undefined) throw failure(plain)
    made.push(path)
  },
}))

it('says why a directory cannot be made, where Node says that it is not there', async () => {
  plain = 'EROFS'
  await expect(makeDirectory('/mnt/state/web.lease')).rejects.toThrow('EROFS: mkdir')
  expect(made).toEqual([])
})

it('makes those above it first, and is content when another has made it meanwhile', async () => {
  plain = undefined
  await makeDirectory('/mnt/state/web.lease')
  expect(made).toEqual(['/mnt/state', '/mnt/state/web.lease'])
  plain = 'EEXIST'
  await makeDirectory('/mnt/state/web.lease')
})
