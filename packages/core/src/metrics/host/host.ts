import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import { messageOf } from '../../errors.js'
import { untilAborted } from '../../async/until-aborted.js'
import { CpuMeter } from './cpu-meter.js'
import { thisHost, type HostApi } from './host-api.js'
import { missingRule } from '../metric-options.js'
import type { MetricInfo, Metrics, MissingRule, Reading } from '../metrics.js'
import { absentReading, readingFrom } from '../readings/new-reading.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `hostMetrics()`. */
export interface HostMetricsOptions {
  /** For all four metrics; default `hold`. */
  readonly whenMissing?: MissingRule | undefined
}

const schema = v.strictObject({ whenMissing: v.optional(missingRule()) })

/**
 * Readings of the host that this process runs on, as metrics of the whole group:
 *
 * - `host.cpu` (ratio): busy share of all cores since the last sample. Measuring begins at construction; a sample less
 *   than 200 ms after that is absent, and one that soon after another repeats it.
 * - `host.memory` (ratio): share of the memory that is not available; caches count as available.
 * - `host.load1` (count): processes that ran or waited to run, averaged over one minute. Absent on Windows.
 * - `host.load` (ratio): `host.load1` per core; may pass 1.
 *
 * In a container they are of the whole host all the same.
 *
 * @param host - what is asked; for tests
 * @throws FlotillaError `invalid-options`
 */
export function hostMetrics(options: HostMetricsOptions = {}, host: HostApi = thisHost): Metrics {
  const { whenMissing } = checkOptions('hostMetrics', schema, options)
  const info = (name: string, unit: MetricInfo['unit']): MetricInfo => ({
    name,
    unit,
    of: 'group',
    ...(whenMissing === undefined ? {} : { whenMissing }),
  })
  const cpu = info('host.cpu', 'ratio')
  const memory = info('host.memory', 'ratio')
  const load1 = info('host.load1', 'count')
  const load = info('host.load', 'ratio')

  const meter = new CpuMeter()
  const baseline = host.cpuTimes().then(
    (times) => void meter.next(times, 0),
    // The first sample meets the same failure and reports it.
    () => {},
  )

  const readCpu = async (now: number): Promise<Reading[]> => {
    let coreCount = 0
    let ofCpu: Reading
    try {
      await baseline
      const times = await host.cpuTimes()
      ;({ coreCount } = times)
      const share = meter.next(times, now)
      ofCpu =
        share.kind === 'share'
          ? readingFrom({ info: cpu, at: share.at }, share.ratio)
          : absentReading({ info: cpu, at: now }, share.reason)
    } catch (error) {
      ofCpu = absentReading({ info: cpu, at: now }, messageOf(error))
    }
    const average = host.loadAverage()
    if (average === undefined) {
      const reason = 'this system keeps no load average'
      return [ofCpu, ...[load1, load].map((metric) => absentReading({ info: metric, at: now }, reason))]
    }
    return [
      ofCpu,
      readingFrom({ info: load1, at: now }, average),
      coreCount > 0
        ? readingFrom({ info: load, at: now }, average / coreCount)
        : absentReading({ info: load, at: now }, 'the number of cores is unknown'),
    ]
  }

  const readMemory = async (now: number): Promise<Reading> => {
    try {
      const { totalBytes, availableBytes } = await host.memory()
      return readingFrom({ info: memory, at: now }, (totalBytes - availableBytes) / totalBytes)
    } catch (error) {
      return absentReading({ info: memory, at: now }, messageOf(error))
    }
  }

  return {
    name: 'host',
    provides: [cpu, memory, load1, load],
    async sample({ now, signal }) {
      const [ofCpuAndLoad, ofMemory] = await untilAborted(
        () => Promise.all([readCpu(now), readMemory(now)]),
        signal,
      )
      return [...ofCpuAndLoad, ofMemory]
    },
  }
}

/** How `hostMetrics` is written in a file. */
export const hostMetricsForm: Form = optionsForm('a metric source', 'hostMetrics', hostMetrics, schema)
