import type { CpuLimits } from '../api/docker-api.js'

const usualPeriodUs = 100_000

/** The cores a container may use by its own settings; undefined when it may use all there are. */
export function limitedCores({ NanoCpus, CpuQuota, CpuPeriod, CpusetCpus }: CpuLimits): number | undefined {
  const pinned = countCpus(CpusetCpus ?? '')
  const quota =
    NanoCpus !== undefined && NanoCpus > 0
      ? NanoCpus / 1e9
      : CpuQuota !== undefined && CpuQuota > 0
        ? CpuQuota / (CpuPeriod || usualPeriodUs)
        : undefined
  if (quota === undefined) return pinned
  return pinned === undefined ? quota : Math.min(quota, pinned)
}

/** How many CPUs a list such as `0-2,7` names; undefined for an empty one. */
export function countCpus(list: string): number | undefined {
  let count = 0
  for (const range of list.trim().split(',')) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range.trim()) ?? []
    if (first === undefined) continue
    count += Number(last) - Number(first) + 1
  }
  return count > 0 ? count : undefined
}
