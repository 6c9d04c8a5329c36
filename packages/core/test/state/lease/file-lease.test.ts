import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.js'
import { acquireFileLease, type FileLease, fileLeaseHolder } from '../../../src/state/lease/file-lease.js'
import { fileStore } from '../../../src/state/file/file-store.js'
import { thisProcess, type ProcessIdentity } from '../../../src/system/process-identity.js'
import { FakeClock } from '../../../src/testing/common/fake-clock.js'
import { temporaryDirectory } from '../temporary-directory.js'

/** The lock that another process would have left. */
async function lockOf(stem: string, token: number, changes: Partial<ProcessIdentity>): Promise<void> {
  const holder = { id: 'other', ...(await thisProcess()), ...changes, since: '2026-11-21T00:00:00.000Z' }
  await writeFile(`${stem}.${token}.lock`, `${JSON.stringify(holder)}\n`)
}

/** No kernel gives a pid this high. */
const gone = { pid: 2 ** 30 }
const elsewhere = { place: 'boot of another kernel', host: 'far' }
const options = { attempted: 'acquire group web', clock: systemClock }

async function newStem(): Promise<string> {
  return join(await temporaryDirectory(), 'web')
}

const left = async (stem: string): Promise<readonly string[]> => (await readdir(join(stem, '..'))).toSorted()

/** Starts to acquire, and returns once it watches the holder's pulse. */
async function watch(
  stem: string,
  signal?: AbortSignal,
): Promise<{ readonly clock: FakeClock; readonly acquiring: Promise<FileLease> }> {
  const clock = new FakeClock()
  const acquiring = acquireFileLease(stem, { attempted: 'acquire group web', clock, signal })
  // Awaited by the test; until then a rejection is not unhandled.
  acquiring.catch(() => {})
  await expect.poll(() => clock.pendingCount).toBe(1)
  return { clock, acquiring }
}

/** Lets the watch look ten times, with the real time that looking takes. */
async function passWatch(clock: FakeClock, looks: number = 10): Promise<void> {
  for (let look = 0; look < looks; look += 1) {
    await expect.poll(() => clock.pendingCount, { timeout: 10_000 }).toBe(1)
    await clock.advance(2500)
  }
}

describe('acquireFileLease', () => {
  it('holds a file that names this process, and leaves the number when it is released', async () => {
    const stem = await newStem()
    const lease = await acquireFileLease(stem, options)
    expect(lease.token).toBe(1)
    expect(await left(stem)).toEqual(['web.1.lock', 'web.1.token'])
    expect(JSON.parse(await readFile(`${stem}.1.lock`, 'utf8'))).toMatchObject({ pid: process.pid })
    await lease.release()
    await lease.release()
    expect(await left(stem)).toEqual(['web.1.free'])
    expect((await acquireFileLease(stem, options)).token).toBe(2)
    expect(await left(stem)).toEqual(['web.2.lock', 'web.2.token'])
  })

  it.each([
    ['whose process is gone', gone],
    ['whose pid has come round again', { start: '1' }],
  ])('takes over at once from a holder %s', async (_, changes) => {
    const stem = await newStem()
    await lockOf(stem, 7, changes)
    expect(await fileLeaseHolder(stem)).toBeUndefined()
    expect((await acquireFileLease(stem, options)).token).toBe(8)
    expect(await left(stem)).toEqual(['web.8.lock', 'web.8.token'])
  })

  it('lets one of many have what a dead process left', async () => {
    for (let round = 0; round < 10; round += 1) {
      const stem = await newStem()
      await lockOf(stem, 3, gone)
      const tried = await Promise.allSettled(Array.from({ length: 8 }, () => acquireFileLease(stem, options)))
      const leases = tried.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      const errors = tried.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as unknown] : [],
      )
      expect(leases).toHaveLength(1)
      expect(errors).toEqual(Array.from({ length: 7 }, () => expect.objectContaining({ code: 'conflict' })))
      await leases[0]?.release()
      expect(await left(stem)).toEqual(['web.4.free'])
    }
  })

  describe('cannot look up the holder', () => {
    it.each([
      ['is of another host or container', (stem: string) => lockOf(stem, 1, elsewhere)],
      ['is a torn file', (stem: string) => writeFile(`${stem}.1.lock`, '{"pid":')],
      ['is an empty file', (stem: string) => writeFile(`${stem}.1.lock`, '')],
      ['has a pid that means a group of processes', (stem: string) => lockOf(stem, 1, { pid: -1 })],
      ['had its lock deleted, not released', (stem: string) => writeFile(`${stem}.1.token`, '')],
    ])('that %s: takes over once its pulse has stood still', async (_, leave) => {
      const stem = await newStem()
      await leave(stem)
      const { clock, acquiring } = await watch(stem)
      await passWatch(clock, 9)
      await expect.poll(() => clock.pendingCount, { timeout: 10_000 }).toBe(1)
      await clock.advance(2499)
      expect(clock.pendingCount).toBe(1)
      await clock.advance(1)
      expect((await acquiring).token).toBe(2)
    })

    it('that shows its pulse: leaves it alone, as soon as it is seen', async () => {
      const stem = await newStem()
      await lockOf(stem, 1, elsewhere)
      const { clock, acquiring } = await watch(stem)
      await utimes(`${stem}.1.lock`, 5, 5)
      await clock.advance(2500)
      await expect(acquiring).rejects.toMatchObject({
        code: 'conflict',
        message: `acquire group web: process ${process.pid} on far has held it since 2026-11-21T00:00:00.000Z (${stem}.1.lock)`,
      })
    })

    it('that releases it meanwhile: has it', async () => {
      const stem = await newStem()
      await lockOf(stem, 1, elsewhere)
      const { clock, acquiring } = await watch(stem)
      await rename(`${stem}.1.lock`, `${stem}.1.free`)
      await clock.advance(2500)
      expect((await acquiring).token).toBe(2)
    })

    it('stops watching with the reason of the signal', async () => {
      const stem = await newStem()
      await lockOf(stem, 1, elsewhere)
      const abort = new AbortController()
      const reason = new Error('enough')
      const { acquiring } = await watch(stem, abort.signal)
      abort.abort(reason)
      await expect(acquiring).rejects.toBe(reason)
    })
  })

  it('watches a process of this host too, once its pulse is old: it may be stopped', async () => {
    const stem = await newStem()
    await lockOf(stem, 1, {})
    await utimes(`${stem}.1.lock`, 1, 1)
    const { clock, acquiring } = await watch(stem)
    await passWatch(clock)
    expect((await acquiring).token).toBe(2)
  })
})

describe('a file lease', () => {
  const held = async (): Promise<{ stem: string; clock: FakeClock; lease: FileLease }> => {
    const stem = await newStem()
    const clock = new FakeClock()
    return { stem, clock, lease: await acquireFileLease(stem, { ...options, clock }) }
  }

  it('shows its pulse when it is renewed, and is held for longer', async () => {
    const { stem, clock, lease } = await held()
    await clock.advance(lease.renewEveryMs)
    await lease.renew()
    expect((await stat(`${stem}.1.lock`)).mtimeMs).toBe(clock.now())
    await clock.advance(19_999)
    expect(lease.isHeld()).toBe(true)
    await clock.advance(1)
    expect(lease.isHeld()).toBe(false)
    await expect(lease.renew()).rejects.toMatchObject({ code: 'conflict' })
  })

  it.each([
    ['ahead', 20_000, false],
    ['ahead by less than it lasts', 19_000, true],
    ['back', -7_200_000, true],
  ])('is judged by the clock that shows more: the wall clock set %s', async (_, jumpMs, isHeld) => {
    const { clock, lease } = await held()
    clock.jump(jumpMs)
    expect(lease.isHeld()).toBe(isHeld)
    // Nothing makes it valid again.
    clock.jump(-jumpMs)
    expect(lease.isHeld()).toBe(isHeld)
  })

  it.each([
    ['removed', (stem: string) => rm(`${stem}.1.lock`)],
    ['replaced', (stem: string) => lockOf(stem, 1, elsewhere)],
    ['followed by the next', (stem: string) => lockOf(stem, 2, elsewhere)],
  ])('is lost when its lock was %s, though its time is not over', async (what, change) => {
    const { stem, lease } = await held()
    await change(stem)
    await expect(lease.renew()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(
        what === 'removed' ? 'web.1.lock was removed' : `process ${process.pid} on far`,
      ),
    })
    expect(lease.isHeld()).toBe(false)
  })

  it('stays held while its directory cannot be reached, until its time is over', async () => {
    const { stem, clock, lease } = await held()
    const directory = join(stem, '..')
    await rename(directory, `${directory}-away`)
    await writeFile(directory, 'no directory')
    await clock.advance(10_000)
    await expect(lease.renew()).rejects.toMatchObject({ code: 'ENOTDIR' })
    expect(lease.isHeld()).toBe(true)
    await rm(directory)
    await rename(`${directory}-away`, directory)
    await lease.renew()
    await clock.advance(15_000)
    expect(lease.isHeld()).toBe(true)
  })

  it('that is in doubt is acquired anew at once by who had it, as nobody else has', async () => {
    const { stem, clock, lease } = await held()
    await clock.advance(20_000)
    const next = await acquireFileLease(stem, { ...options, clock, before: lease })
    expect([next.token, next.isHeld(), lease.isHeld()]).toEqual([2, true, false])
  })

  it('does not release what another took over', async () => {
    const { stem, lease } = await held()
    await lockOf(stem, 2, elsewhere)
    await rm(`${stem}.1.lock`)
    await lease.release()
    expect(await left(stem)).toEqual(['web.1.token', 'web.2.lock'])
  })
})

describe('fileStore', () => {
  const { signal } = new AbortController()

  it('saves nothing more of a holder that was taken for dead', async () => {
    const directory = await temporaryDirectory()
    const store = fileStore(directory)
    const token = (await store.acquire?.('web', { signal }))?.token
    await store.save('web', { by: 'first' }, { token })
    await lockOf(join(directory, 'web.lease', 'web'), 2, elsewhere)
    await expect(store.save('web', { by: 'first again' }, { token })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('another controller has taken over the group since token 1'),
    })
    expect(await fileStore(directory).load('web')).toEqual({ kind: 'state', state: { by: 'first' } })
  })

  it('gives a larger token also when lock and state were deleted', async () => {
    const directory = await temporaryDirectory()
    const store = fileStore(directory, { leaseMs: 200 })
    const token = (await store.acquire?.('web', { signal }))?.token
    await store.save('web', 1, { token })
    await rm(join(directory, 'web.lease', 'web.1.lock'))
    await rm(join(directory, 'web.json'))
    const next = await fileStore(directory, { leaseMs: 200 }).acquire?.('web', { signal })
    expect(next?.token).toBe(2)
  })

  it('removes what killed rivals left, and spares what a living one may need', async () => {
    const directory = await temporaryDirectory()
    const leases = join(directory, 'web.lease')
    await mkdir(leases)
    await writeFile(join(leases, '.web.1.lock.old.tmp'), '')
    await utimes(join(leases, '.web.1.lock.old.tmp'), 1, 1)
    await writeFile(join(leases, '.web.1.lock.new.tmp'), '')
    await fileStore(directory).acquire?.('web', { signal })
    expect((await readdir(leases)).toSorted()).toEqual(['.web.1.lock.new.tmp', 'web.1.lock', 'web.1.token'])
  })

  it('says with the path what the file system refuses', async () => {
    const directory = join(await temporaryDirectory(), 'file')
    await writeFile(directory, '')
    await expect(fileStore(directory).acquire?.('web', { signal })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`acquire group web in ${directory}`),
    })
  })
})
