import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findPlace, readMounts } from '../../src/usage/cgroup-place.js'

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
