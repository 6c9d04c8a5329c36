import { describe, expect, it } from 'vitest'
import { countCpus, limitedCores } from '../src/cores.js'
import { CpuMeter, type CpuSample } from '../src/cpu-meter.js'

const first: CpuSample = {
  containerId: 'a',
  run: '2026-01-01T00:00:00Z',
  cpuMs: 1000,
  atMs: 10_000,
  limitCores: 1,
  periods: 50,
  throttledPeriods: 10,
}

describe('the CPU meter', () => {
  const table: readonly (readonly [name: string, change: Partial<CpuSample>, use: object])[] = [
    ['half a core of one', { cpuMs: 1500, atMs: 11_000 }, { ratio: 0.5, throttled: 0, windowMs: 1000 }],
    [
      'half a core of half a core',
      { cpuMs: 1500, atMs: 11_000, limitCores: 0.5 },
      { ratio: 1, throttled: 0 },
    ],
    ['two cores of four', { cpuMs: 21_000, atMs: 20_000, limitCores: 4 }, { ratio: 0.5, throttled: 0 }],
    ['nothing', { atMs: 11_000 }, { ratio: 0, throttled: 0 }],
    ['a burst over the limit', { cpuMs: 1110, atMs: 10_100 }, { ratio: 1.1, throttled: 0 }],
    [
      'held back in 6 of 8 periods',
      { cpuMs: 1400, atMs: 10_800, limitCores: 0.5, periods: 58, throttledPeriods: 16 },
      { ratio: 1, throttled: 0.75 },
    ],
  ]
  for (const [name, change, expected] of table) {
    it(`tells ${name}`, () => {
      const meter = new CpuMeter()
      expect(meter.read(first)).toEqual({ absent: 'the first sample: CPU is told from two' })
      const use = meter.read({ ...first, ...change })
      for (const [key, value] of Object.entries(expected))
        expect(use).toHaveProperty(key, expect.closeTo(value, 10))
    })
  }

  const backwards: readonly (readonly [name: string, change: Partial<CpuSample>])[] = [
    ['CPU time', { cpuMs: 999, atMs: 11_000 }],
    ['periods', { periods: 49, atMs: 11_000 }],
    ['throttled periods', { throttledPeriods: 9, atMs: 11_000 }],
    ['time', { cpuMs: 1100, atMs: 9000 }],
  ]
  for (const [name, change] of backwards) {
    it(`drops a sample whose ${name} ran backwards, and goes on from it`, () => {
      const meter = new CpuMeter()
      meter.read(first)
      const from = { ...first, ...change }
      expect(meter.read(from)).toHaveProperty('absent')
      expect(meter.read({ ...from, cpuMs: from.cpuMs + 250, atMs: from.atMs + 1000 })).toMatchObject({
        ratio: 0.25,
      })
    })
  }

  it('compares nothing with another run of the container', () => {
    const meter = new CpuMeter()
    meter.read(first)
    expect(meter.read({ ...first, run: 'later', cpuMs: 2000, atMs: 11_000 })).toHaveProperty('absent')
  })

  it('answers two who ask right after each other alike, and leaves the window whole', () => {
    const meter = new CpuMeter()
    meter.read(first)
    const use = meter.read({ ...first, cpuMs: 1500, atMs: 11_000 })
    expect(meter.read({ ...first, cpuMs: 1590, atMs: 11_090 })).toEqual(use)
    expect(meter.read({ ...first, cpuMs: 2500, atMs: 12_000 })).toMatchObject({ ratio: 1 })
  })

  it('forgets what nobody asks about', () => {
    const meter = new CpuMeter()
    meter.read(first)
    meter.prune(first.atMs + 3_600_001)
    expect(meter.read({ ...first, atMs: first.atMs + 3_600_002 })).toHaveProperty('absent')
  })
})

describe('the cores a container may use', () => {
  const table: readonly (readonly [limits: object, cores: number | undefined])[] = [
    [{}, undefined],
    [{ NanoCpus: 0, CpuQuota: 0, CpuPeriod: 0, CpusetCpus: '' }, undefined],
    [{ NanoCpus: 5e8 }, 0.5],
    [{ CpuQuota: 150_000, CpuPeriod: 100_000 }, 1.5],
    [{ CpuQuota: 50_000, CpuPeriod: 0 }, 0.5],
    [{ CpuQuota: -1 }, undefined],
    [{ CpusetCpus: '0-2,7' }, 4],
    [{ NanoCpus: 5e9, CpusetCpus: '0,1' }, 2],
    [{ NanoCpus: 5e8, CpusetCpus: '0,1' }, 0.5],
  ]
  for (const [limits, cores] of table) {
    it(`${JSON.stringify(limits)} are ${cores ?? 'all'}`, () => {
      expect(limitedCores(limits)).toBe(cores)
    })
  }

  it('counts a list of CPUs', () => {
    expect(['', '\n', '0', '0-1', '0-3,8-11', '0,2,4', 'x'].map(countCpus)).toEqual([
      undefined,
      undefined,
      1,
      2,
      8,
      3,
      undefined,
    ])
  })
})
