import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.js'
import { acquireHostLease } from '../../../src/state/lease/host-lease.js'
import { temporaryDirectory } from '../temporary-directory.js'

const key = (scope: string): { group: string; backend: string; scope: string } => ({
  group: 'web',
  backend: 'processes',
  scope: `${scope} of test ${process.pid}`,
})

describe.runIf(process.platform === 'linux')('acquireHostLease by a socket', () => {
  const options = { clock: systemClock }

  it('refuses a second one, naming the process, its command and since when', async () => {
    const before = Date.now()
    const lease = await acquireHostLease(key('a'), options)
    expect(lease.isHeld()).toBe(true)
    const error = await acquireHostLease(key('a'), options).catch((thrown: unknown) => thrown as Error)
    expect(error).toMatchObject({ code: 'conflict' })
    const [, since = ''] =
      /^hold group web of processes on this host: another controller of this very process \(.+\) on .+ has held it since (.+Z); stop that one first/.exec(
        (error as Error).message,
      ) ?? []
    expect(Date.parse(since)).toBeGreaterThanOrEqual(before - 1)
    await lease.renew({ signal: new AbortController().signal })
    await lease.release()
    await lease.release()
    expect(lease.isHeld()).toBe(false)
    await (await acquireHostLease(key('a'), options)).release()
  })

  it('lets one of many have it', async () => {
    const tried = await Promise.allSettled(
      Array.from({ length: 10 }, () => acquireHostLease(key('b'), options)),
    )
    const leases = tried.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(leases).toHaveLength(1)
    await leases[0]?.release()
  })

  it('holds other groups, backends and scopes apart', async () => {
    const keys = [key('c'), { ...key('c'), group: 'api' }, { ...key('c'), backend: 'docker' }, key('d')]
    const leases = await Promise.all(keys.map((one) => acquireHostLease(one, options)))
    expect(leases.map((lease) => lease.isHeld())).toEqual([true, true, true, true])
    await Promise.all(leases.map((lease) => lease.release()))
  })
})

describe('acquireHostLease by files, where there are no such sockets', () => {
  it('refuses a second one and leaves the number', async () => {
    const directory = join(await temporaryDirectory(), 'all')
    const options = { clock: systemClock, platform: 'darwin', directory } as const
    const lease = await acquireHostLease(key('a'), options)
    await expect(acquireHostLease(key('a'), options)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`process ${process.pid} on `),
    })
    await lease.release()
    expect(await readdir(directory)).toEqual([expect.stringMatching(/^flotilla\.[0-9a-f]{32}\.1\.free$/)])
    expect((await acquireHostLease(key('a'), options)).token).toBe(2)
  })
})
