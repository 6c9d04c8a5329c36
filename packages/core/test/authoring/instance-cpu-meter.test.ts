import { describe, expect, it } from 'vitest'
import { InstanceCpuMeter, type InstanceCpuSample } from '../../src/authoring/instance-cpu-meter.js'
import { FakeClock } from '../../src/testing/common/fake-clock.js'

const first: InstanceCpuSample = { instanceId: 'a', run: 'first', cpuMs: 1000, atMs: 10_000, cores: 1 }
const isFirst = { absent: 'the first sample: CPU is told from two' }

interface Rig {
  readonly clock: FakeClock
  readonly meter: InstanceCpuMeter
}

function rig(): Rig {
  const clock = new FakeClock()
  return { clock, meter: new InstanceCpuMeter(clock) }
}

describe('the CPU use of an instance', () => {
  it('is absent the first time, never 0', () => {
    expect(rig().meter.read(first)).toEqual(isFirst)
  })

  const table: readonly (readonly [name: string, change: Partial<InstanceCpuSample>, use: object])[] = [
    ['half a core of one', { cpuMs: 1500, atMs: 11_000 }, { ratio: 0.5, windowMs: 1000 }],
    ['half a core of half a core', { cpuMs: 1500, atMs: 11_000, cores: 0.5 }, { ratio: 1, windowMs: 1000 }],
    ['two cores of four', { cpuMs: 21_000, atMs: 20_000, cores: 4 }, { ratio: 0.5, windowMs: 10_000 }],
    ['nothing', { atMs: 11_000 }, { ratio: 0, windowMs: 1000 }],
    ['a burst over the limit', { cpuMs: 1110, atMs: 10_100 }, { ratio: 1.1, windowMs: 100 }],
    ['a long time since the last sample', { cpuMs: 7000, atMs: 70_000 }, { ratio: 0.1, windowMs: 60_000 }],
  ]
  for (const [name, change, expected] of table) {
    it(`tells ${name}, and the samples it is told from`, () => {
      const { meter } = rig()
      meter.read(first)
      const to = { ...first, ...change }
      expect(meter.read(to)).toEqual({ ...expected, from: first, to })
    })
  }

  it('is of the time since the last sample only', () => {
    const { meter } = rig()
    meter.read(first)
    meter.read({ ...first, cpuMs: 2000, atMs: 11_000 })
    expect(meter.read({ ...first, cpuMs: 2100, atMs: 12_000 })).toMatchObject({ ratio: 0.1, windowMs: 1000 })
  })

  const backwards: readonly (readonly [name: string, change: Partial<InstanceCpuSample>])[] = [
    ['CPU time', { cpuMs: 999, atMs: 11_000 }],
    ['time', { cpuMs: 1100, atMs: 9000 }],
  ]
  for (const [name, change] of backwards) {
    it(`is absent when its ${name} ran backwards, and goes on from there`, () => {
      const { meter } = rig()
      meter.read(first)
      const from = { ...first, ...change }
      expect(meter.read(from)).toEqual({ absent: expect.stringContaining('ran backwards') })
      const next = { ...from, cpuMs: from.cpuMs + 250, atMs: from.atMs + 1000 }
      expect(meter.read(next)).toMatchObject({ ratio: 0.25 })
    })
  }

  it('is absent without a processor, never infinite', () => {
    const { meter } = rig()
    for (const [atMs, cores] of [
      [10_000, 0],
      [11_000, 0],
      [12_000, Number.NaN],
    ] as const) {
      expect(meter.read({ ...first, atMs, cores })).toHaveProperty('absent')
    }
  })

  it('compares nothing with another life of the instance', () => {
    const { meter } = rig()
    meter.read(first)
    const second = { ...first, run: 'second', cpuMs: 2000, atMs: 11_000 }
    expect(meter.read(second)).toEqual(isFirst)
    expect(meter.read({ ...second, cpuMs: 2100, atMs: 12_000 })).toMatchObject({ ratio: 0.1 })
  })

  it('is the same for two who ask right after each other, and leaves the window whole', () => {
    const { meter } = rig()
    meter.read(first)
    expect(meter.read({ ...first, cpuMs: 1050, atMs: 10_050 })).toEqual(isFirst)
    const use = meter.read({ ...first, cpuMs: 1500, atMs: 11_000 })
    expect(meter.read({ ...first, cpuMs: 1590, atMs: 11_090 })).toBe(use)
    expect(meter.read({ ...first, cpuMs: 2500, atMs: 12_000 })).toMatchObject({ ratio: 1, windowMs: 1000 })
  })

  it('keeps instances apart', () => {
    const { meter } = rig()
    meter.read(first)
    expect(meter.read({ ...first, instanceId: 'b', cpuMs: 1500, atMs: 11_000 })).toEqual(isFirst)
  })

  it('forgets, by our own clock, whom nobody asks about for an hour', async () => {
    const { clock, meter } = rig()
    meter.read(first)
    meter.read({ ...first, instanceId: 'b' })
    await clock.advance(1_800_000)
    meter.read({ ...first, instanceId: 'b', cpuMs: 2000, atMs: 11_000 })
    await clock.advance(1_800_000)
    expect(meter.read({ ...first, cpuMs: 2000, atMs: 11_000 })).toEqual(isFirst)
    expect(meter.read({ ...first, instanceId: 'b', cpuMs: 3000, atMs: 12_000 })).toMatchObject({ ratio: 1 })
  })
})
