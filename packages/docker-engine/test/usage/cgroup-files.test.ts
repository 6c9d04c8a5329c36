import { describe, expect, it } from 'vitest'
import { readCounters, withoutCache } from '../../src/usage/cgroup-files.js'

describe('counters from the files', () => {
  const reader = (files: Readonly<Record<string, string>>) => (path: string) => {
    const text = files[path]
    if (text === undefined) throw new Error(`ENOENT: ${path}`)
    return text
  }
  const place1 = { version: 1, cpu: '/c', cpuacct: '/a', memory: '/m', cpuset: '/s' } as const
  const files1 = {
    '/a/cpuacct.usage': '15493914000\n',
    '/c/cpu.cfs_quota_us': '50000\n',
    '/c/cpu.cfs_period_us': '100000\n',
    '/c/cpu.stat': 'nr_periods 133\nnr_throttled 48\nthrottled_time 2045000\n',
    '/s/cpuset.effective_cpus': '0-1\n',
    '/m/memory.usage_in_bytes': '108212224\n',
    '/m/memory.stat':
      'cache 104857600\ninactive_file 1\ntotal_cache 104857600\ntotal_inactive_file 104857600\n',
  }

  it('of version 1, a limit in force', () => {
    expect(readCounters(place1, reader(files1))).toEqual({
      cpuMs: 15_493.914,
      memoryBytes: 3_354_624,
      limitCores: 0.5,
      periods: 133,
      throttledPeriods: 48,
    })
  })

  it('of version 1 without a limit: the CPUs it may run on', () => {
    const unlimited = { ...files1, '/c/cpu.cfs_quota_us': '-1\n' }
    expect(readCounters(place1, reader(unlimited)).limitCores).toBe(2)
  })

  const place2 = { version: 2, path: '/p' } as const
  const files2 = {
    '/p/cpu.stat': 'usage_usec 15493914\nuser_usec 1\nnr_periods 10\nnr_throttled 4\nthrottled_usec 9\n',
    '/p/cpu.max': '150000 100000\n',
    '/p/cpuset.cpus.effective': '0-7\n',
    '/p/memory.current': '108212224\n',
    '/p/memory.stat': 'anon 3354624\nfile 104857600\ninactive_anon 7\ninactive_file 104857600\n',
  }

  it('of version 2, a limit in force', () => {
    expect(readCounters(place2, reader(files2))).toEqual({
      cpuMs: 15_493.914,
      memoryBytes: 3_354_624,
      limitCores: 1.5,
      periods: 10,
      throttledPeriods: 4,
    })
  })

  it('of version 2 without a limit, and without the cpuset controller', () => {
    const unlimited = { ...files2, '/p/cpu.max': 'max 100000\n' }
    expect(readCounters(place2, reader(unlimited)).limitCores).toBe(8)
    const { '/p/cpuset.cpus.effective': _, ...withoutCpuset } = unlimited
    expect(readCounters(place2, reader(withoutCpuset)).limitCores).toBeUndefined()
  })

  it('fail when the container is gone, or a file is no counter', () => {
    expect(() => readCounters(place2, reader({}))).toThrow('ENOENT')
    expect(() => readCounters(place1, reader({ ...files1, '/a/cpuacct.usage': 'soon\n' }))).toThrow(
      'not a number',
    )
  })

  it('count memory as docker stats does', () => {
    expect(withoutCache(100, 40)).toBe(60)
    expect(withoutCache(100, 100)).toBe(100)
    expect(withoutCache(100, 140)).toBe(100)
  })
})
