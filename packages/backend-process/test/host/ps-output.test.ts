import { describe, expect, it } from 'vitest'
import { labelEnv, type Label } from '../../src/labels.js'
import { parsePsLabels, parsePsRows, parsePsTime } from '../../src/host/ps-output.js'

/** Made up after the columns of macOS' ps(1): no Mac was at hand to record one. */
const rows = `
    1     0     1 Ss    20912   3:04.51 Mon Nov 16 08:00:01 2026
  501   498   498 S+     8532   0:00.02 Sat Nov 21 21:04:20 2026
  777   501   777 Ts   102400 1234:05.60 Sat Nov 21  9:04:20 2026
  778   777   777 Z         0   0:00.00 Sat Nov 21 21:04:21 2026
ps: a line of another shape
`

describe('parsePsRows', () => {
  it('reads every row and leaves other lines out', () => {
    expect(parsePsRows(rows).map(({ pid }) => pid)).toEqual([1, 501, 777, 778])
  })

  it('reads what a row says', () => {
    expect(parsePsRows(rows)[2]).toEqual({
      pid: 777,
      parentPid: 501,
      groupId: 777,
      sessionId: 777,
      birth: 'Sat Nov 21 9:04:20 2026',
      state: 'frozen',
      cpuMs: (1234 * 60 + 5) * 1000 + 600,
      memoryBytes: 100 * 2 ** 20,
    })
  })

  it('tells zombies from the living', () => {
    expect(parsePsRows(rows).map(({ state }) => state)).toEqual(['live', 'live', 'frozen', 'zombie'])
  })
})

describe('parsePsTime', () => {
  it.each([
    ['0:00.01', 10],
    ['3:04.51', 184_510],
    ['1234:05.60', 74_045_600],
    ['00:00:04', 4_000],
    ['1:02:03', 3_723_000],
    ['2-03:04:05', 183_845_000],
  ])('reads %s', (text, ms) => {
    expect(parsePsTime(text)).toBe(ms)
  })

  it.each(['', '-', '5', 'abc', '1:2:3:4'])('gives nothing for %j', (text) => {
    expect(parsePsTime(text)).toBeUndefined()
  })
})

describe('parsePsLabels', () => {
  const label: Label = {
    owner: 'me',
    group: 'web',
    token: 't-1',
    host: '127.0.0.1',
    port: 20_001,
    templateHash: 'abc',
    createdAt: 1_800_000_000_000,
  }
  const env = Object.entries(labelEnv(label))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')

  it('reads the label between other variables', () => {
    const output = `  12 node server.js HOME=/Users/x ${env} PATH=/bin\n  13 /bin/sh TERM=xterm\n`
    expect(parsePsLabels(output)).toEqual(new Map([[12, label]]))
  })

  it('takes the environment over an argument that looks like it', () => {
    expect(parsePsLabels(`12 node FLOTILLA_GROUP=other ${env}`).get(12)?.group).toBe('web')
  })

  it('gives nothing for a part of a label', () => {
    expect(parsePsLabels('12 grep FLOTILLA_GROUP=web').size).toBe(0)
  })
})
