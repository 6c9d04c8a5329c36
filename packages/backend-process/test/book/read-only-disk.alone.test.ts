import type { PathLike } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { openStateDir } from '../../src/book/state-dir.js'

// What Node 20 to 24 answer on a file system that is mounted read-only: ENOENT to several directories at once.
vi.mock(import('node:fs/promises'), async (original) => ({
  ...(await original()),
  mkdir: (async (path: PathLike, options?: { recursive?: boolean }) => {
    if (path === '/mnt') return
    const code = options?.recursive === true ? 'ENOENT' : 'EROFS'
    throw Object.assign(new Error(`${code}: mkdir '${String(path)}'`), { code })
  }) as never,
}))

it('a state directory on a disk that is mounted read-only says so, with its option and what would do', async () => {
  await expect(openStateDir('/mnt/state')).rejects.toMatchObject({
    code: 'permission-denied',
    field: 'stateDir',
    message:
      "processes: stateDir /mnt/state cannot be used: EROFS: mkdir '/mnt/state'; give a directory on a local disk that this user may write to",
  })
})
