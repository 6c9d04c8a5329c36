/** Where the kernel shows one container's counters: a directory for each of the three, by cgroup version. */
export type CgroupPlace =
  | {
      readonly version: 1
      readonly cpu: string
      readonly cpuacct: string
      readonly cpuset: string
      readonly memory: string
    }
  | { readonly version: 2; readonly path: string }

/** One mounted hierarchy. */
export interface CgroupMount {
  readonly at: string
  /** The part of the hierarchy that is mounted: not `/` inside a container. */
  readonly root: string
  /** Names of its controllers; empty for the one hierarchy of version 2. */
  readonly controllers: readonly string[]
  readonly version: 1 | 2
}

/** The cgroup hierarchies among a process' mounts: the text of `/proc/self/mountinfo`. */
export function readMounts(mountinfo: string): readonly CgroupMount[] {
  return mountinfo.split('\n').flatMap((line): readonly CgroupMount[] => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root, at] = before.split(' ')
    const [type, , options = ''] = after.split(' ')
    if (root === undefined || at === undefined) return []
    if (type === 'cgroup2') return [{ at, root, controllers: [], version: 2 }]
    return type === 'cgroup' ? [{ at, root, controllers: options.split(','), version: 1 }] : []
  })
}

/**
 * Where a container's counters are, from its first process' `/proc/PID/cgroup`; undefined when they cannot be seen from
 * here. The path is the kernel's own word, for `--cgroup-parent` and the cgroup driver both change it; that it holds the
 * container's id proves that the process is the container's, and the engine on this very host.
 */
export function findPlace(
  cgroups: string,
  mounts: readonly CgroupMount[],
  containerId: string,
): CgroupPlace | undefined {
  const paths = new Map<string, string>()
  for (const line of cgroups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    if (!path.includes(containerId) || path.includes('/../')) continue
    for (const controller of controllers.split(',')) paths.set(controller, path)
  }
  const directory = (controller: string): string | undefined => {
    const path = paths.get(controller)
    const mount = mounts.find(({ version, controllers }) =>
      controller === '' ? version === 2 : controllers.includes(controller),
    )
    return path === undefined || mount === undefined ? undefined : inside(mount, path)
  }
  const [cpu, cpuacct, memory] = [directory('cpu'), directory('cpuacct'), directory('memory')]
  if (cpu !== undefined && cpuacct !== undefined && memory !== undefined) {
    return { version: 1, cpu, cpuacct, memory, cpuset: directory('cpuset') ?? '' }
  }
  const path = directory('')
  // A mixed system has a hierarchy of version 2 without controllers.
  return path === undefined || paths.size > 1 ? undefined : { version: 2, path }
}

function inside({ at, root }: CgroupMount, path: string): string | undefined {
  if (root === '/') return `${at}${path}`
  return path.startsWith(`${root}/`) ? `${at}${path.slice(root.length)}` : undefined
}
