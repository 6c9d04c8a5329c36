import { describe, expect, it } from 'vitest'
import { parseProcStat, readProcStat } from '../../src/system/proc-stat.js'

/** Of a `sleep`, Linux 6.1, with the name changed. */
const line = (name: string): string =>
  `4711 (${name}) S 4700 4711 4600 34816 4800 4194304 100 0 0 0 12 3 4 5 20 0 1 0 987654 5914624 320 18446744073709551615 1 1 0\n`

describe('parseProcStat', () => {
  it.each(['sleep', 'a b', ') S 1 2 (', '((', 'x\ny'])('reads the fields after the name %j', (name) => {
    expect(parseProcStat(line(name))).toEqual({
      pid: 4711,
      state: 'S',
      parentPid: 4700,
      groupId: 4711,
      sessionId: 4600,
      cpuTicks: 24,
      start: '987654',
      residentPages: 320,
    })
  })

  it.each(['', 'nothing', '4711 (sleep) S 4700', line('sleep').slice(0, 60)])(
    'gives undefined for %j',
    (text) => {
      expect(parseProcStat(text)).toBeUndefined()
    },
  )
})

describe.runIf(process.platform === 'linux')('readProcStat', () => {
  it('reads this process', async () => {
    expect(await readProcStat('self')).toMatchObject({ pid: process.pid, parentPid: process.ppid })
    await expect(readProcStat(2 ** 22 + 1)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
