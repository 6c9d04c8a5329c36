import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAuxv, parseProcStat } from '../../src/host/proc-stat.js'

const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url))
const units = { bootId: 'boot', ticksPerSecond: 100, pageBytes: 4096 }

const line = (state: string, ticks: readonly [number, number, number, number]): string =>
  `7 (x) ${state} 1 7 7 0 -1 0 0 0 0 0 ${ticks.join(' ')} 20 0 1 0 5 0 3 0`

describe('parseProcStat', () => {
  it('reads a recorded line', () => {
    expect(parseProcStat(fixture('proc-stat-plain.txt').toString(), units)).toEqual({
      pid: 24659,
      parentPid: 24656,
      groupId: 24656,
      sessionId: 3818,
      birth: 'boot:253900',
      state: 'live',
      cpuMs: 0,
      memoryBytes: 394 * 4096,
    })
  })

  it('is not misled by brackets, spaces and line breaks in the name', () => {
    const row = parseProcStat(fixture('proc-stat-odd-name.txt').toString(), units)
    expect(row).toMatchObject({ pid: 24701, parentPid: 24660, birth: 'boot:253910', memoryBytes: 413 * 4096 })
  })

  it.each([
    ['user and system time, and that of children waited for', [10, 20, 30, 40] as const, 100, 1000],
    ['the ticks of this kernel', [10, 0, 0, 0] as const, 1000, 10],
  ])('counts %s', (_what, ticks, ticksPerSecond, cpuMs) => {
    expect(parseProcStat(line('R', ticks), { ...units, ticksPerSecond })?.cpuMs).toBe(cpuMs)
  })

  it.each([
    ['R', 'live'],
    ['S', 'live'],
    ['D', 'live'],
    ['t', 'live'],
    ['T', 'frozen'],
    ['Z', 'zombie'],
    ['X', 'zombie'],
  ] as const)('takes state %s for %s', (letter, state) => {
    expect(parseProcStat(line(letter, [0, 0, 0, 0]), units)?.state).toBe(state)
  })

  it.each(['', 'no such thing', '7 (x) R 1 7', 'x (x) R 1 7 7 0 -1 0 0 0 0 0 1 1 1 1 20 0 1 0 5 0 3'])(
    'gives nothing for %j, never a guess',
    (text) => {
      expect(parseProcStat(text, units)).toBeUndefined()
    },
  )
})

describe('parseAuxv', () => {
  it('reads page size and ticks of a recorded one', () => {
    expect(parseAuxv(fixture('auxv-x64.bin'))).toEqual({ pageBytes: 4096, ticksPerSecond: 100 })
  })

  it('reads a page size that is not the usual one', () => {
    const auxv = Buffer.alloc(32)
    auxv.writeBigUInt64LE(6n, 0)
    auxv.writeBigUInt64LE(65_536n, 8)
    expect(parseAuxv(auxv).pageBytes).toBe(65_536)
  })

  it('falls back to what almost every Linux has', () => {
    expect(parseAuxv(Buffer.alloc(0))).toEqual({ pageBytes: 4096, ticksPerSecond: 100 })
  })
})
