import { createHash } from 'node:crypto'
import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  stat,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FlotillaError } from '../../../src/errors.js'
import { systemFailure } from '../../../src/system/system-failure.js'
import { fileStore } from '../../../src/state/file/file-store.js'
import { FakeClock } from '../../../src/testing/common/fake-clock.js'
import { testStateStore, type StoreUnderTest } from '../../../src/testing/index.js'
import { temporaryDirectory } from '../temporary-directory.js'

/** Long enough for a machine that is busy, short enough to wait for. */
const leaseMs = 2000

testStateStore({ describe, it }, 'fileStore', {
  leaseMs,
  async make(): Promise<StoreUnderTest> {
    const directory = await temporaryDirectory()
    const pathOf = (group: string): string => join(directory, `${group}.json`)
    return {
      store: fileStore(directory, { leaseMs }),
      reopen: async () => fileStore(directory, { leaseMs }),
      damage: (group) => truncate(pathOf(group), 40),
      async loseState(group) {
        await rm(pathOf(group))
      },
      cleanup: async () => {},
    }
  },
})

describe('fileStore', () => {
  it('gives a state to another process, here another store, on the same directory', async () => {
    const directory = await temporaryDirectory()
    await fileStore(directory).save('web', { desired: 4 })
    expect(await fileStore(directory).load('web')).toEqual({ kind: 'state', state: { desired: 4 } })
  })

  it('makes its directory, for its owner only', async () => {
    const directory = join(await temporaryDirectory(), 'a', 'b')
    await fileStore(directory).save('web', 1)
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect((await stat(join(directory, 'web.json'))).mode & 0o777).toBe(0o600)
  })

  it('leaves nothing but the file', async () => {
    const directory = await temporaryDirectory()
    const store = fileStore(directory)
    await Promise.all([1, 2, 3, 4].map((state) => store.save('web', state)))
    expect(await readdir(directory)).toEqual(['web.json'])
  })

  it('keeps the leases of each group in a directory of their own, for its owner only', async () => {
    const directory = await temporaryDirectory()
    const store = fileStore(directory)
    const { signal } = new AbortController()
    for (const group of ['api', 'web']) await store.acquire?.(group, { signal })
    expect((await readdir(directory)).toSorted()).toEqual(['api.lease', 'web.lease'])
    expect((await readdir(join(directory, 'web.lease'))).toSorted()).toEqual(['web.1.lock', 'web.1.token'])
    expect((await stat(join(directory, 'web.lease'))).mode & 0o777).toBe(0o700)
    await store.close?.()
  })

  it('finds the lease in doubt, and can be acquired anew, when somebody removed its directory', async () => {
    const directory = await temporaryDirectory()
    const store = fileStore(directory)
    const { signal } = new AbortController()
    const lease = await store.acquire?.('web', { signal })
    await rm(join(directory, 'web.lease'), { recursive: true })
    await store.save('web', 1, { token: lease?.token })
    await expect(lease?.renew({ signal })).rejects.toMatchObject({ code: 'conflict' })
    expect(lease?.isHeld()).toBe(false)
    expect(await store.acquire?.('web', { signal })).toMatchObject({ token: 2 })
    await store.close?.()
  })

  it('writes who wrote it and when, for people', async () => {
    const directory = await temporaryDirectory()
    await fileStore(directory, { clock: new FakeClock({ now: 0 }) }).save('web', { desired: 1 })
    expect(JSON.parse(await readFile(join(directory, 'web.json'), 'utf8'))).toEqual({
      format: 'flotilla-state',
      version: 1,
      group: 'web',
      savedAt: '1970-01-01T00:00:00.000Z',
      state: { desired: 1 },
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  it('does not write an equal state again, also not the first after a load', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'web.json')
    const first = fileStore(directory)
    await first.save('web', { desired: 1 })
    await utimes(path, 1, 1)
    await first.save('web', { desired: 1 })
    const second = fileStore(directory)
    await second.load('web')
    await second.save('web', { desired: 1 })
    expect((await stat(path)).mtimeMs).toBe(1000)
    await second.save('web', { desired: 2 })
    expect((await stat(path)).mtimeMs).toBeGreaterThan(1000)
  })

  it('removes what killed writers left, of this group only', async () => {
    const directory = await temporaryDirectory()
    for (const name of ['.web.json.0123.tmp', '.web-2.json.0123.tmp', '.other', 'web.json.bak']) {
      await writeFile(join(directory, name), 'half')
    }
    await fileStore(directory).load('web')
    expect((await readdir(directory)).toSorted()).toEqual(['.other', '.web-2.json.0123.tmp', 'web.json.bak'])
  })

  describe('sets aside', () => {
    it('a file that is cut off at any byte, and starts anew', async () => {
      const directory = await temporaryDirectory()
      const path = join(directory, 'web.json')
      const clock = new FakeClock()
      await fileStore(directory).save('web', { desired: 3 })
      const whole = await readFile(path, 'utf8')
      // The last byte is the line break, which is not missed.
      for (let length = 0; length < whole.length - 1; length += 1) {
        await writeFile(path, whole)
        await truncate(path, length)
        clock.jump(1)
        const store = fileStore(directory, { clock })
        const loaded = await store.load('web')
        expect(loaded, `cut at ${length}`).toMatchObject({ kind: 'damaged', setAsideAs: expect.any(String) })
        const { setAsideAs = '' } = loaded as { readonly setAsideAs?: string }
        expect(await readFile(setAsideAs, 'utf8')).toBe(whole.slice(0, length))
        expect(await store.load('web')).toEqual({ kind: 'none' })
      }
    })

    it('a damaged file under a name that says when, and can save again', async () => {
      const directory = await temporaryDirectory()
      await writeFile(join(directory, 'web.json'), 'not json')
      const store = fileStore(directory, {
        clock: new FakeClock({ now: Date.UTC(2026, 10, 21, 9, 8, 7, 6) }),
      })
      expect(await store.load('web')).toEqual({
        kind: 'damaged',
        reason: 'the file is not whole: it does not end as JSON',
        setAsideAs: join(directory, 'web.damaged-20261121T090807006Z.json'),
      })
      await store.save('web', 1)
      expect((await readdir(directory)).toSorted()).toEqual([
        'web.damaged-20261121T090807006Z.json',
        'web.json',
      ])
    })

    it('a file copied from another group', async () => {
      const directory = await temporaryDirectory()
      const store = fileStore(directory)
      await store.save('web', 1)
      await copyFile(join(directory, 'web.json'), join(directory, 'api.json'))
      expect(await store.load('api')).toMatchObject({ kind: 'damaged', reason: 'the file is of group "web"' })
      expect(await store.load('web')).toMatchObject({ kind: 'state' })
    })
  })

  it('refuses the file of a newer version, and leaves it where it is', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'web.json')
    const content = '{"format":"flotilla-state","version":7,"anything":1}'
    const checksum = createHash('sha256').update(content).digest('hex')
    await writeFile(path, `${content.slice(0, -1)},"checksum":"${checksum}"}`)
    await expect(fileStore(directory).load('web')).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(`${path}: the file has version 7, written by a newer Flotilla`),
    })
    expect(await readdir(directory)).toEqual(['web.json'])
  })

  describe('fails', () => {
    it('when its directory cannot be one, with the path', async () => {
      const directory = await temporaryDirectory()
      const file = join(directory, 'file')
      await writeFile(file, '')
      const path = join(file, 'web.json')
      await expect(fileStore(file).load('web')).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(`load state of group web from ${path}: `),
      })
      await expect(fileStore(file).save('web', 1)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(`save state of group web to ${path}: `),
      })
    })

    it('when the file cannot be replaced, and leaves nothing behind', async () => {
      const directory = await temporaryDirectory()
      await mkdir(join(directory, 'web.json', 'inside'), { recursive: true })
      await expect(fileStore(directory).save('web', 1)).rejects.toMatchObject({ code: 'unavailable' })
      expect(await readdir(directory)).toEqual(['web.json'])
    })

    it('and goes on once it can save again', async () => {
      const parent = await temporaryDirectory()
      const directory = join(parent, 'state')
      await writeFile(directory, '')
      const store = fileStore(directory)
      await expect(store.save('web', 1)).rejects.toThrow(FlotillaError)
      await chmod(parent, 0o700)
      await rm(directory)
      await store.save('web', 1)
      expect(await store.load('web')).toEqual({ kind: 'state', state: 1 })
    })

    it.each([
      ['EACCES', 'permission-denied'],
      ['EPERM', 'permission-denied'],
      ['EROFS', 'permission-denied'],
      ['ENOSPC', 'unavailable'],
      ['EDQUOT', 'unavailable'],
      ['EMFILE', 'unavailable'],
      ['EIO', 'unavailable'],
    ])('with %s as %s', (errno, code) => {
      const cause = Object.assign(new Error(`${errno}: no`), { code: errno })
      expect(systemFailure('save state', cause)).toMatchObject({
        code,
        cause,
        message: expect.stringContaining(errno),
      })
    })

    it('on what is no error of the system', () => {
      expect(systemFailure('save state', 'text')).toMatchObject({
        code: 'unknown',
        message: 'save state: text',
      })
      const ours = new FlotillaError('conflict', 'held')
      expect(systemFailure('save state', ours)).toBe(ours)
    })
  })

  it.each(['', undefined, 7, 'a\0b'])('refuses %j as its directory', (directory) => {
    expect(() => fileStore(directory as string)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field: 'directory' }),
    )
  })

  it('refuses options it does not know', () => {
    expect(() => fileStore('/tmp/x', { lock: true } as never)).toThrow(
      expect.objectContaining({ field: 'lock' }),
    )
  })
})
