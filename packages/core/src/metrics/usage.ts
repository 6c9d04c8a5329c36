import * as v from 'valibot'
import type { Backend } from '../backend.js'
import { checkOptions } from '../options/check-options.js'
import { FlotillaError, toFlotillaError } from '../errors.js'
import { untilAborted } from '../async/until-aborted.js'
import { metricName, missingRule, unit } from './metric-options.js'
import type { MetricInfo, Metrics, MissingRule, Unit } from './metrics.js'
import { absentReading } from './readings/new-reading.js'
import { sanitiseReadings } from './readings/sanitise.js'
import type { Form, FormContext } from '../options/form.js'

/** Options of `usageMetrics()`. */
export interface UsageMetricsOptions {
  /** Further readings of each instance that this backend is known to give; others that it gives are dropped. */
  readonly extra?: readonly { readonly name: string; readonly unit: Unit }[] | undefined
  /** For all of them; default `hold`. */
  readonly whenMissing?: MissingRule | undefined
}

const backendSchema = v.custom<Pick<Backend, 'supports'>>(
  (value) =>
    typeof value === 'object' && value !== null && 'supports' in value && typeof value.supports === 'object',
  'a backend',
)

const schema = v.strictObject({
  extra: v.optional(v.array(v.strictObject({ name: metricName(), unit: unit() }))),
  whenMissing: v.optional(missingRule()),
})

/**
 * The instances' own use, read from their backend in one bulk call: `cpu` (ratio of the instance's own limit; may pass 1
 * for a burst) and `memory` (bytes). Instances that do not run have absent readings and are not asked about.
 *
 * @throws FlotillaError `unsupported` when the backend cannot tell; `invalid-options`
 */
export function usageMetrics(
  backend: Pick<Backend, 'name' | 'supports' | 'usage'>,
  options: UsageMetricsOptions = {},
): Metrics {
  checkOptions('usageMetrics', backendSchema, backend, 'backend')
  const { extra = [], whenMissing } = checkOptions('usageMetrics', schema, options)
  if (!backend.supports.usage || backend.usage === undefined) {
    const message = `usageMetrics: backend ${backend.name} does not tell what its instances use`
    throw new FlotillaError('unsupported', message)
  }
  const provides: MetricInfo[] = [
    { name: 'cpu', unit: 'ratio' as const },
    { name: 'memory', unit: 'bytes' as const },
    ...extra,
  ].map(({ name, unit: of }) => ({
    name,
    unit: of,
    of: 'instance',
    ...(whenMissing === undefined ? {} : { whenMissing }),
  }))
  const names = new Set(provides.map(({ name }) => name))
  if (names.size < provides.length) {
    const message = 'usageMetrics: extra must name each metric once, and neither cpu nor memory'
    throw new FlotillaError('invalid-options', message, { field: 'extra', value: extra })
  }

  return {
    name: `usage of ${backend.name}`,
    provides,
    async sample({ instances, now, signal }) {
      signal.throwIfAborted()
      const running = instances.filter(({ status }) => status === 'running')
      const raw = running.length === 0 ? [] : await readUsage(backend, running, signal)
      const known = Array.isArray(raw) ? raw.filter((reading) => isNamed(reading, names)) : raw
      const clean = sanitiseReadings({ provides, instances: running, raw: known, now })
      const others = instances.filter(({ status }) => status !== 'running')
      return [
        ...clean.readings,
        ...others.flatMap(({ id, status }) =>
          provides.map((info) =>
            absentReading({ info, instanceId: id, at: now }, `the instance is ${status}, not running`),
          ),
        ),
      ]
    },
  }
}

async function readUsage(
  backend: Pick<Backend, 'name' | 'usage'>,
  running: Parameters<NonNullable<Backend['usage']>>[0],
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await untilAborted(async () => backend.usage?.(running, { signal }), signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw toFlotillaError(error, `read the use of ${running.length} instances of ${backend.name}`)
  }
}

function isNamed(reading: unknown, names: ReadonlySet<string>): boolean {
  const name = typeof reading === 'object' && reading !== null && 'name' in reading ? reading.name : undefined
  return typeof name !== 'string' || names.has(name)
}

/** How `usageMetrics` is written in a file: of the group's own backend. */
export const usageMetricsForm: Form = {
  name: 'usageMetrics',
  makes: 'a metric source',
  body: schema,
  build(options: UsageMetricsOptions, { backend }: FormContext) {
    return backend === undefined ? undefined : usageMetrics(backend, options)
  },
}
