import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.js'
import { lockFile, type FileLock } from '../../src/state/file-lock.js'
import { fileStore } from '../../src/state/file-store.js'
import { livenessOf, thisProcess, type ProcessIdentity } from '../../src/state/process-identity.js'
import { FakeClock } from '../../src/testing/fake-clock.js'
import { temporaryDirectory } from './temporary-directory.js'

/** The file that another process would have left. */
async function lockOf(path: string, changes: Partial<ProcessIdentity>): Promise<string> {
  const holder = { token: 'other', ...(await thisProcess()), ...changes, since: '2026-11-21T00:00:00.000Z' }
  const text = `${JSON.stringify(holder)}\n`
  await writeFile(path, text)
  return text
}

/** No kernel gives a pid this high. */
const gone = { pid: 2 ** 30 }
const elsewhere = { place: 'boot of another kernel', host: 'far' }

async function newPath(): Promise<string> {
  return join(await temporaryDirectory(), 'web.lock')
}

/** What a lock does from here to its release, which it does twice. */
async function restOf(
  lock: FileLock,
  path: string,
): Promise<{ isHeld: boolean; pid: unknown; isHeldAfter: boolean; left: readonly string[] }> {
  const isHeld = await lock.isHeld()
  const { pid } = JSON.parse(await readFile(path, 'utf8')) as { readonly pid: unknown }
  await lock.release()
  await lock.release()
  return { isHeld, pid, isHeldAfter: await lock.isHeld(), left: await readdir(join(path, '..')) }
}

const held = { isHeld: true, pid: process.pid, isHeldAfter: false, left: [] }

/** Starts to take a lock, and returns once it watches the holder's pulse. */
async function watch(
  path: string,
  signal?: AbortSignal,
): Promise<{ readonly clock: FakeClock; readonly locking: Promise<FileLock> }> {
  const clock = new FakeClock()
  const locking = lockFile(path, { attempted: 'lock group web', clock, pulseMs: 10_000, signal })
  // Awaited by the test; until then a rejection is not unhandled.
  locking.catch(() => {})
  await expect.poll(() => clock.pendingCount).toBe(1)
  return { clock, locking }
}

describe('lockFile', () => {
  const options = { attempted: 'lock group web', clock: systemClock }

  it('holds a file that names this process, until it is released', async () => {
    const path = await newPath()
    expect(await restOf(await lockFile(path, options), path)).toEqual(held)
  })

  it('refuses what this very process holds already', async () => {
    const path = await newPath()
    const lock = await lockFile(path, options)
    await expect(lockFile(path, options)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`process ${process.pid} on `),
    })
    await lock.release()
    await (await lockFile(path, options)).release()
  })

  it('takes over at once from a process that is gone', async () => {
    const path = await newPath()
    await lockOf(path, gone)
    expect(await restOf(await lockFile(path, options), path)).toEqual(held)
  })

  it.runIf(process.platform === 'linux')(
    'takes over from a process whose pid has come round again',
    async () => {
      const path = await newPath()
      await lockOf(path, { start: '1' })
      expect(await restOf(await lockFile(path, options), path)).toEqual(held)
    },
  )

  it('takes over although the one before died while it took over itself', async () => {
    const path = await newPath()
    const text = await lockOf(path, gone)
    const claim = `${path}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
    await lockOf(claim, gone)
    expect(await restOf(await lockFile(path, options), path)).toEqual(held)
  })

  it('lets one of many have what a dead process left', async () => {
    for (let round = 0; round < 10; round += 1) {
      const path = await newPath()
      await lockOf(path, gone)
      const tried = await Promise.allSettled(Array.from({ length: 8 }, () => lockFile(path, options)))
      const locks = tried.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      const errors = tried.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as unknown] : [],
      )
      expect(locks).toHaveLength(1)
      expect(errors).toEqual(Array.from({ length: 7 }, () => expect.objectContaining({ code: 'conflict' })))
      await locks[0]?.release()
      expect(await readdir(join(path, '..'))).toEqual([])
    }
  })

  describe('cannot look up the holder', () => {
    it.each([
      ['is of another host or container', (path: string) => lockOf(path, elsewhere)],
      ['is a torn file', (path: string) => writeFile(path, '{"pid":')],
      ['is an empty file', (path: string) => writeFile(path, '')],
      ['has a pid that means a group of processes', (path: string) => lockOf(path, { pid: -1 })],
    ])('that %s: takes over once its pulse has stood still', async (_, leave) => {
      const path = await newPath()
      await leave(path)
      const { clock, locking } = await watch(path)
      await clock.advance(24_999)
      expect(clock.pendingCount).toBe(1)
      await clock.advance(1)
      expect(await restOf(await locking, path)).toEqual(held)
    })

    it('that shows its pulse: leaves it alone', async () => {
      const path = await newPath()
      await lockOf(path, elsewhere)
      const { clock, locking } = await watch(path)
      await utimes(path, 5, 5)
      await clock.advance(25_000)
      await expect(locking).rejects.toMatchObject({
        code: 'conflict',
        message: `lock group web: process ${process.pid} on far has held ${path} since 2026-11-21T00:00:00.000Z`,
      })
    })

    it('that releases it meanwhile: has it', async () => {
      const path = await newPath()
      await lockOf(path, elsewhere)
      const { clock, locking } = await watch(path)
      await rm(path)
      await clock.advance(25_000)
      expect(await restOf(await locking, path)).toEqual(held)
    })

    it('stops watching with the reason of the signal', async () => {
      const path = await newPath()
      await lockOf(path, elsewhere)
      const abort = new AbortController()
      const reason = new Error('enough')
      const { locking } = await watch(path, abort.signal)
      abort.abort(reason)
      await expect(locking).rejects.toBe(reason)
    })
  })

  it('shows its own pulse while it holds', async () => {
    const path = await newPath()
    const lock = await lockFile(path, { ...options, pulseMs: 5 })
    await utimes(path, 1, 1)
    await expect.poll(async () => (await stat(path)).mtimeMs).toBeGreaterThan(1000)
    await lock.release()
  })

  it('does not release what another took over', async () => {
    const path = await newPath()
    const lock = await lockFile(path, options)
    const other = await lockOf(path, elsewhere)
    expect(await lock.isHeld()).toBe(false)
    await lock.release()
    expect(await readFile(path, 'utf8')).toBe(other)
  })
})

describe('fileStore lock', () => {
  it('refuses a second holder and lets go when told or closed', async () => {
    const directory = await temporaryDirectory()
    const [one, other] = [fileStore(directory), fileStore(directory)]
    const release = await one.lock?.('web')
    await expect(other.lock?.('web')).rejects.toMatchObject({ code: 'conflict' })
    await (
      await other.lock?.('api')
    )?.()
    await release?.()
    await other.lock?.('web')
    await other.close?.()
    await one.lock?.('web')
    await one.close?.()
    expect(await readdir(directory)).toEqual([])
  })

  it('lets a holder that was taken for dead write nothing more', async () => {
    const directory = await temporaryDirectory()
    const store = fileStore(directory)
    await store.lock?.('web')
    await store.save('web', { by: 'first' })
    await lockOf(join(directory, 'web.lock'), elsewhere)
    await expect(store.save('web', { by: 'first again' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('another process has taken over the group'),
    })
    expect(await fileStore(directory).load('web')).toEqual({ kind: 'state', state: { by: 'first' } })
    await store.close?.()
  })

  it('removes what killed rivals left, and spares what a living one may need', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, '.web.lock.old.tmp'), '')
    await utimes(join(directory, '.web.lock.old.tmp'), 1, 1)
    await writeFile(join(directory, '.web.lock.new.tmp'), '')
    const store = fileStore(directory)
    await store.lock?.('web')
    expect((await readdir(directory)).toSorted()).toEqual(['.web.lock.new.tmp', 'web.lock'])
    await store.close?.()
  })

  it('says with the path what the file system refuses', async () => {
    const directory = join(await temporaryDirectory(), 'file')
    await writeFile(directory, '')
    await expect(fileStore(directory).lock?.('web')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(join(directory, 'web.lock')),
    })
  })
})

describe('livenessOf', () => {
  it('knows this process, and one that is gone', async () => {
    const self = await thisProcess()
    expect(await livenessOf({ ...self, ...gone })).toBe('dead')
    expect(await livenessOf({ ...self, ...elsewhere })).toBe('unknown')
  })

  it.runIf(process.platform === 'linux')('is sure on Linux', async () => {
    const self = await thisProcess()
    expect(await livenessOf(self)).toBe('alive')
    expect(await livenessOf({ ...self, start: '1' })).toBe('dead')
    expect(await livenessOf({ pid: self.pid, place: self.place, host: self.host })).toBe('unknown')
  })

  it.runIf(process.platform === 'linux')('counts a zombie as dead', async () => {
    // The child ends once its parent, by exec, is a sleep, which never waits; sh itself might have.
    const child = 'while read name < /proc/$parent/comm; do [ "$name" = sleep ] && exit; done'
    const shell = spawn('sh', ['-c', `parent=$$; (${child}) & echo $!; exec sleep 30`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      const [line] = (await once(shell.stdout, 'data')) as [Buffer]
      const pid = Number(line.toString())
      const stateOf = async (): Promise<string> =>
        (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.[0] ?? ''
      // The default of a second is too short for a machine with other things to do.
      await expect.poll(stateOf, { timeout: 15_000 }).toBe('Z')
      const start = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[19] ?? ''
      expect(await livenessOf({ ...(await thisProcess()), pid, start })).toBe('dead')
    } finally {
      shell.kill('SIGKILL')
      await once(shell, 'close')
    }
  })
})
