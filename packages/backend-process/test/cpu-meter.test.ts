import { describe, expect, it } from 'vitest'
import { CpuMeter } from '../src/cpu-meter.js'

const sample = (at: number, cpuMs: number, process = '7 then') => ({
  instanceId: 'web.t',
  process,
  cpuMs,
  at,
})

describe('CPU use', () => {
  it('is absent the first time, never 0', () => {
    expect(new CpuMeter(1).read(sample(1000, 500))).toEqual({ absent: expect.stringContaining('first') })
  })

  it.each([
    ['idle', 1, 0, 1000, 0],
    ['half a core', 1, 500, 1000, 0.5],
    ['one core', 1, 1000, 1000, 1],
    ['two cores, where one makes 1', 1, 2000, 1000, 2],
    ['two cores, where four make 1', 4, 2000, 1000, 0.5],
    ['a quarter of a core, where half a one makes 1', 0.5, 250, 1000, 0.5],
    ['a long time since the last sample', 1, 6_000, 60_000, 0.1],
  ])('of %s', (_what, cpus, usedMs, elapsedMs, ratio) => {
    const meter = new CpuMeter(cpus)
    meter.read(sample(1000, 300))
    expect(meter.read(sample(1000 + elapsedMs, 300 + usedMs))).toEqual({ ratio, windowMs: elapsedMs })
  })

  it('is of the time since the last sample only', () => {
    const meter = new CpuMeter(1)
    meter.read(sample(0, 0))
    meter.read(sample(1000, 1000))
    expect(meter.read(sample(2000, 1100))).toEqual({ ratio: 0.1, windowMs: 1000 })
  })

  it('stays what it was when asked again too soon, and the window stays whole', () => {
    const meter = new CpuMeter(1)
    meter.read(sample(0, 0))
    meter.read(sample(1000, 500))
    expect(meter.read(sample(1010, 510))).toMatchObject({ ratio: 0.5 })
    expect(meter.read(sample(1020, 520))).toMatchObject({ ratio: 0.5 })
    expect(meter.read(sample(2000, 600))).toMatchObject({ ratio: 0.1 })
  })

  it('stays absent when the second sample comes too soon', () => {
    const meter = new CpuMeter(1)
    meter.read(sample(0, 0))
    expect(meter.read(sample(50, 50))).toHaveProperty('absent')
    expect(meter.read(sample(100, 50))).toMatchObject({ ratio: 0.5 })
  })

  it('is absent when less was used than before: a process took its time along', () => {
    const meter = new CpuMeter(1)
    meter.read(sample(0, 5000))
    expect(meter.read(sample(1000, 100))).toEqual({ absent: expect.stringContaining('ended') })
    expect(meter.read(sample(2000, 600))).toMatchObject({ ratio: 0.5 })
  })

  it('starts anew with a new process of the same instance', () => {
    const meter = new CpuMeter(1)
    meter.read(sample(0, 0))
    expect(meter.read(sample(1000, 900, '8 now'))).toHaveProperty('absent')
    expect(meter.read(sample(2000, 1000, '8 now'))).toMatchObject({ ratio: 0.1 })
  })

  it('forgets whom nobody asks about for an hour', () => {
    const meter = new CpuMeter(1)
    meter.read(sample(0, 0))
    meter.prune(3_600_001)
    expect(meter.read(sample(3_600_001, 0))).toHaveProperty('absent')
  })
})
