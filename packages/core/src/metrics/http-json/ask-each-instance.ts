import { systemClock } from '../../clock.js'
import { withDeadline } from '../../async/deadline.js'
import { FlotillaError, messageOf } from '../../errors.js'
import { instanceUrl } from '../../http/request-path.js'
import { inParallel } from '../../async/in-parallel.js'
import type { TrackedInstance } from '../../model.js'
import { readField, type FieldQuestion } from './json-field.js'
import type { MetricInfo, Metrics, Reading } from '../metrics.js'
import { absentReading } from '../readings/new-reading.js'

/** What every instance is asked, and how many at a time. */
export interface InstanceQuestion {
  readonly info: MetricInfo
  readonly scheme: 'http' | 'https'
  readonly path: string
  readonly port: number | undefined
  readonly parallel: number
  readonly sampleTimeoutMs: number
  readonly question: FieldQuestion
}

/**
 * A `sample` that asks each running instance at its own address. One that fails has an absent reading. Those that gave
 * nothing last time are asked last, so that the silent ones cannot use up the time of the others.
 */
export function askEachInstance(options: InstanceQuestion): Metrics['sample'] {
  const { info, parallel, sampleTimeoutMs } = options
  const silent = new Set<string>()

  return async ({ instances, now, signal }) => {
    signal.throwIfAborted()
    const readings = new Map<string, Reading>()
    const absent = (instanceId: string, reason: string): Reading =>
      absentReading({ info, instanceId, at: now }, reason)

    const askOne = async (instance: TrackedInstance, inner: AbortSignal): Promise<void> => {
      // Until it has answered.
      silent.add(instance.id)
      try {
        readings.set(instance.id, await readOne(options, instance, now, inner))
      } catch (error) {
        // Out of time: what is not in `readings` by then counts as not asked.
        if (inner.aborted) throw inner.reason
        readings.set(instance.id, absent(instance.id, messageOf(error)))
      }
    }

    const running = instances.filter(({ status, address }) => status === 'running' && address !== undefined)
    const inOrder = [
      ...running.filter(({ id }) => !silent.has(id)),
      ...running.filter(({ id }) => silent.has(id)),
    ]
    const ids = new Set(instances.map(({ id }) => id))
    for (const id of silent) if (!ids.has(id)) silent.delete(id)
    try {
      await withDeadline((inner) => inParallel(inOrder, parallel, (instance) => askOne(instance, inner)), {
        clock: systemClock,
        timeoutMs: sampleTimeoutMs,
        what: `read ${info.name}`,
        signal,
      })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      // The readings that came in time count.
      if (!(error instanceof FlotillaError && error.code === 'timeout')) throw error
    }
    for (const [id, { kind }] of readings) if (kind === 'value') silent.delete(id)
    return instances.map(({ id, status, address }) => {
      const reading = readings.get(id)
      if (reading !== undefined) return reading
      if (status !== 'running') return absent(id, `the instance is ${status}, not running`)
      if (address === undefined) return absent(id, 'the instance has no address yet')
      return absent(id, `no answer within ${sampleTimeoutMs} ms, the bound of the whole sample`)
    })
  }
}

async function readOne(
  { info, scheme, path, port, question }: InstanceQuestion,
  { id, address }: TrackedInstance,
  now: number,
  signal: AbortSignal,
): Promise<Reading> {
  const of = { info, instanceId: id, at: now }
  if (address === undefined) return absentReading(of, 'the instance has no address yet')
  const url = instanceUrl(scheme, { host: address.host, port: port ?? address.port }, path)
  const attempted = `read ${info.name} from ${url.origin}${url.pathname}`
  return readField(of, { ...question, attempted, url, signal })
}
