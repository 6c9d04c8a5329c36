import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readCounters, withoutCache } from '../../src/usage/cgroup-files.js'
import { findPlace, readMounts } from '../../src/usage/cgroup-place.js'
import type { ContainerStats } from '../../src/api/docker-api.js'
import { readStats } from '../../src/usage/stats-counters.js'

const id = '7e4900211aec6a84bc44e5f0aaf31580a054d02821d8b22b5047dd89ac1b35d6'

const mountinfo1 = `24 1 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
25 24 0:23 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:5 - cgroup cgroup rw,cpu,cpuacct
26 24 0:24 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory
27 24 0:25 / /sys/fs/cgroup/cpuset rw,nosuid - cgroup cgroup rw,cpuset
28 24 0:26 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw
`
const mountinfo2 = `31 24 0:27 / /sys/fs/cgroup rw,nosuid,nodev shared:4 - cgroup2 cgroup2 rw,nsdelegate\n`

describe("a container's place among the cgroups", () => {
  it('is found on version 1, where controllers share a hierarchy', () => {
    const cgroups = `4:cpuset:/docker/${id}\n3:memory:/docker/${id}\n2:cpu,cpuacct:/docker/${id}\n0::/docker/${id}\n`
    expect(findPlace(cgroups, readMounts(mountinfo1), id)).toEqual({
      version: 1,
      cpu: `/sys/fs/cgroup/cpu,cpuacct/docker/${id}`,
      cpuacct: `/sys/fs/cgroup/cpu,cpuacct/docker/${id}`,
      memory: `/sys/fs/cgroup/memory/docker/${id}`,
      cpuset: `/sys/fs/cgroup/cpuset/docker/${id}`,
    })
  })

  it('is found on version 2, with the systemd driver and with the other', () => {
    for (const path of [`/system.slice/docker-${id}.scope`, `/docker/${id}`]) {
      expect(findPlace(`0::${path}\n`, readMounts(mountinfo2), id)).toEqual({
        version: 2,
        path: `/sys/fs/cgroup${path}`,
      })
    }
  })

  it('is found from inside a container that sees a part of the hierarchy', () => {
    const mounts = readMounts('31 24 0:27 /kube /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n')
    expect(findPlace(`0::/kube/${id}\n`, mounts, id)).toEqual({ version: 2, path: `/sys/fs/cgroup/${id}` })
    expect(findPlace(`0::/other/${id}\n`, mounts, id)).toBeUndefined()
  })

  const nowhere: readonly (readonly [why: string, cgroups: string, mountinfo: string])[] = [
    ['the process is not the container’s', '0::/user.slice/session-1.scope\n', mountinfo2],
    ['it is another container’s', `0::/docker/${'0'.repeat(64)}\n`, mountinfo2],
    ['it is outside what can be seen', `0::/../docker/${id}\n`, mountinfo2],
    ['a controller has no hierarchy', `2:cpu,cpuacct:/docker/${id}\n0::/docker/${id}\n`, mountinfo1],
    ['nothing is mounted', `0::/docker/${id}\n`, ''],
    ['there is nothing to read', '', mountinfo1],
  ]
  for (const [why, cgroups, mountinfo] of nowhere) {
    it(`is nowhere when ${why}`, () => {
      expect(findPlace(cgroups, readMounts(mountinfo), id)).toBeUndefined()
    })
  }

  it('is found on this very host’s own mounts', () => {
    // Whatever the host's version is, its mounts are read without a stumble.
    expect(() => readMounts(readFileSync('/proc/self/mountinfo', 'utf8'))).not.toThrow()
  })
})

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

describe("counters from the engine's stats", () => {
  const { stats } = JSON.parse(
    readFileSync(new URL('../fixtures/containers.json', import.meta.url), 'utf8'),
  ) as { stats: { running: ContainerStats; stopped: ContainerStats } }

  it('are read from a recorded answer, to the microsecond', () => {
    const read = readStats({ ...stats.running, read: '2026-11-21T21:46:30.170432414Z' })
    const { cpu_usage } = stats.running.cpu_stats
    const { usage = 0, stats: memory = {} } = stats.running.memory_stats
    expect(read).toMatchObject({
      cpuMs: cpu_usage.total_usage / 1e6,
      memoryBytes: usage - (memory['total_inactive_file'] ?? 0),
      onlineCores: 2,
    })
    expect(read?.readMs).toBeCloseTo(Date.UTC(2026, 10, 21, 21, 46, 30, 170) + 0.432414, 3)
  })

  it('are none for a container that does not run, which the engine answers all the same', () => {
    expect(readStats(stats.stopped)).toBeUndefined()
  })

  it('leave out what an engine leaves out', () => {
    const { running } = stats
    const bare = { ...running, cpu_stats: { cpu_usage: { total_usage: 5e6 } }, memory_stats: {} }
    expect(readStats(bare)).toMatchObject({
      cpuMs: 5,
      memoryBytes: undefined,
      onlineCores: undefined,
      periods: 0,
    })
    const version2 = { ...running, memory_stats: { usage: 100, stats: { inactive_file: 40 } } }
    expect(readStats(version2)?.memoryBytes).toBe(60)
  })
})
