import { describe, expect, it } from 'vitest'
import { countCpus, limitedCores } from '../../src/usage/cores.js'

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
