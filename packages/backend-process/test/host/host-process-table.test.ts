import { describe, expect, it } from 'vitest'
import { hostProcessTable } from '../../src/host/host-process-table.js'
import { never } from '../support/playground.js'

describe('the process table of this host', () => {
  it('shows this very process, the same way twice', async () => {
    const table = hostProcessTable()
    const [first] = await table.some([process.pid], never)
    const second = (await table.all(never)).find(({ pid }) => pid === process.pid)
    expect(first).toMatchObject({ pid: process.pid, parentPid: process.ppid, state: 'live' })
    expect(second?.birth).toBe(first?.birth)
    expect(first?.memoryBytes).toBeGreaterThan(2 ** 20)
    expect(first?.cpuMs).toBeGreaterThan(0)
  })

  it('leaves out processes that do not exist', async () => {
    expect(await hostProcessTable().some([2 ** 22 + 1], never)).toEqual([])
  })

  it.each([0, 1, -1, Number.NaN])('refuses to signal %d, which is no single process or group', (target) => {
    expect(() => hostProcessTable().send(target, 'SIGTERM')).toThrow(RangeError)
  })

  it.each([
    ['win32', 'Windows has no signals and no process groups'],
    ['freebsd', 'linux and darwin'],
  ] as const)('on %s it says plainly why it does not work', (platform, why) => {
    expect(() => hostProcessTable(platform)).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining(why) }),
    )
  })
})
