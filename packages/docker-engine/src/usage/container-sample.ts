import type { FlotillaError, Reading } from '@flotilla/core'
import {
  absentReading,
  readingFrom,
  type InstanceCpuMeter,
  type InstanceCpuSample,
  type InstanceCpuUse,
} from '@flotilla/core/authoring'

/** CPU time of one run of a container, over the cores of its limit. */
export interface CpuSample extends InstanceCpuSample {
  /** Scheduler periods in which it wanted to run, and those in which its limit held it back. */
  readonly periods: number
  readonly throttledPeriods: number
}

/** What one container has used, or why nobody knows. */
export type ContainerSample =
  | {
      readonly kind: 'sample'
      readonly cpu: CpuSample
      readonly memoryBytes: number | undefined
      /** Epoch milliseconds. */
      readonly at: number
    }
  | { readonly kind: 'none'; readonly reason: string; readonly error?: FlotillaError }

/** What is read of each container. */
const metrics = {
  cpu: { name: 'cpu', unit: 'ratio' },
  memory: { name: 'memory', unit: 'bytes' },
  throttled: { name: 'cpu_throttled', unit: 'ratio' },
} as const

/** The readings of a container that could not be read. */
export function absentUsage(instanceId: string, at: number, reason: string): readonly Reading[] {
  return Object.values(metrics).map((info) => absentReading({ info, instanceId, at }, reason))
}

/** The readings of a container: its CPU since the sample before, and its memory now. */
export function usageReadings(
  sample: ContainerSample & { readonly kind: 'sample' },
  meter: InstanceCpuMeter<CpuSample>,
): readonly Reading[] {
  const { cpu, memoryBytes, at } = sample
  const { instanceId } = cpu
  const use = meter.read(cpu)
  const windowMs = 'absent' in use ? undefined : use.windowMs
  const reading = (
    info: (typeof metrics)[keyof typeof metrics],
    found: number | string,
    window?: number,
  ): Reading =>
    typeof found === 'string'
      ? absentReading({ info, instanceId, at }, found)
      : readingFrom({ info, instanceId, at, windowMs: window }, found)
  return [
    reading(metrics.cpu, 'absent' in use ? use.absent : use.ratio, windowMs),
    reading(metrics.memory, memoryBytes ?? 'Docker does not tell what memory it uses'),
    reading(metrics.throttled, throttledIn(use), windowMs),
  ]
}

/** The share of periods in which it was held back, 0 without a limit; or why that cannot be told. */
function throttledIn(use: InstanceCpuUse<CpuSample>): number | string {
  if ('absent' in use) return use.absent
  const { from, to } = use
  const periods = to.periods - from.periods
  const throttled = to.throttledPeriods - from.throttledPeriods
  if (periods < 0 || throttled < 0) return 'its counters ran backwards; the next sample will tell'
  return periods === 0 ? 0 : throttled / periods
}
