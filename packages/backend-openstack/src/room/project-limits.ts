import { FlotillaError, type MetricInfo, type Metrics } from '@flotilla/core'
import { absentReading, optionsForm, readingFrom, type Form } from '@flotilla/core/authoring'
import type { ComputeLimits, Limit } from '@flotilla/openstack-client'
import * as v from 'valibot'
import { cloudSchema, type OpenStackCloud, type OpenStackCloudOptions } from '../connection/cloud-options.js'
import { givenConnection } from '../connection/connection.js'

/** Options of `projectLimits()`. */
export interface ProjectLimitsOptions {
  /** As with `openstack`. */
  readonly cloud?: string | OpenStackCloud | OpenStackCloudOptions | undefined
}

const mib = 1024 ** 2

const metrics: readonly (MetricInfo & {
  readonly of: 'group'
  readonly read: (limits: ComputeLimits) => number
})[] = [
  { name: 'project.instances_used', unit: 'count', of: 'group', read: ({ instances }) => instances.used },
  { name: 'project.instances_free', unit: 'count', of: 'group', read: ({ instances }) => free(instances) },
  { name: 'project.cores_free', unit: 'count', of: 'group', read: ({ cores }) => free(cores) },
  { name: 'project.memory_free', unit: 'bytes', of: 'group', read: ({ ramMib }) => free(ramMib) * mib },
  {
    name: 'project.quota_used',
    unit: 'ratio',
    of: 'group',
    read: ({ instances, cores, ramMib }) => Math.max(...[instances, cores, ramMib].map(ratio)),
  },
]

const free = ({ limit, used }: Limit): number => Math.max(0, limit - used)

/** A limit of 0 is used up. */
const ratio = ({ limit, used }: Limit): number => (limit > 0 ? used / limit : 1)

/**
 * Metrics of the project's quota from Nova's limits, with one call a sample: `project.instances_used`,
 * `project.instances_free`, `project.cores_free`, `project.memory_free` (bytes), and `project.quota_used`, the highest ratio of
 * the three. Without a limit a reading is absent. Servers in ERROR count.
 *
 * @throws FlotillaError `invalid-options`
 */
export function projectLimits({ cloud }: ProjectLimitsOptions = {}): Metrics {
  const { connection, isShared } = givenConnection(cloud)
  return {
    name: `limits of ${connection.name}`,
    provides: metrics.map(({ name, unit, of }) => ({ name, unit, of })),
    async sample({ signal, now }) {
      const limits = await connection.headroom.limits(signal)
      if (limits === undefined) {
        throw new FlotillaError('unavailable', `limits of ${connection.name}: they cannot be read`)
      }
      return metrics.map(({ name, unit, read }) => {
        const value = read(limits)
        const of = { info: { name, unit }, at: now }
        return Number.isFinite(value)
          ? readingFrom(of, value)
          : absentReading(of, 'the project has no such limit')
      })
    },
    async close() {
      if (!isShared) await connection.close()
    },
  }
}

/** How `projectLimits` is written in a file. */
export const projectLimitsForm: Form = optionsForm(
  'a metric source',
  'projectLimits',
  projectLimits,
  v.strictObject({ cloud: v.optional(cloudSchema) }),
)
