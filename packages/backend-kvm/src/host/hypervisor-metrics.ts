import type { MetricInfo, Metrics, MissingRule, Reading } from '@flotilla/core'
import {
  absentReading,
  check,
  checkOptions,
  messageOf,
  missingRule,
  readingFrom,
} from '@flotilla/core/authoring'
import * as v from 'valibot'
import { hostSchema, type KvmHostOptions } from '../options/host-options.js'
import { busyRatio, type HostLoad } from './host-load.js'
import { isKvmHost, type Host, type KvmHost } from './host.js'
import { openHost } from './open-host.js'

/** Options of `hypervisorMetrics()`. */
export interface HypervisorMetricsOptions {
  /** Connections made by `kvmHost()`, which stay open, or options to open one. */
  readonly hosts: readonly (KvmHost | KvmHostOptions)[]
  /** For both metrics; default `hold`. */
  readonly whenMissing?: MissingRule | undefined
}

const schema = v.strictObject({
  hosts: v.pipe(
    v.array(
      v.union(
        [
          check.made('a connection', v.custom<KvmHost>(isKvmHost, 'a connection made by kvmHost()')),
          hostSchema,
        ],
        'a hypervisor',
      ),
    ),
    v.minLength(1, 'at least one hypervisor'),
  ),
  whenMissing: v.optional(missingRule()),
})

/** What `hypervisorMetrics` takes. */
export const hypervisorMetricsSchema: v.GenericSchema = schema

/** Shorter times hold too few clock ticks to tell busy from idle. */
const shortestMs = 500

/** The two looks that one hypervisor's CPU is told from. */
interface Looks {
  from: HostLoad | undefined
  ratio: number | undefined
  at: number
}

/**
 * Readings of the hypervisors' own hosts, as metrics of the whole group:
 *
 * - `hypervisor.cpu` (ratio): busy share of all their CPUs since the last sample. The first sample is absent.
 * - `hypervisor.memory` (ratio): share of their memory that is neither free nor held by caches.
 *
 * Over those that answer; absent when none does.
 *
 * @throws FlotillaError `invalid-options`
 */
export function hypervisorMetrics(options: HypervisorMetricsOptions): Metrics {
  const given = checkOptions('hypervisorMetrics', schema, options)
  const { whenMissing } = given
  const opened = given.hosts.map((host) =>
    isKvmHost(host)
      ? { host: host as Host, isOurs: false }
      : { host: openHost(host as KvmHostOptions), isOurs: true },
  )
  const info = (name: string): MetricInfo => ({
    name,
    unit: 'ratio',
    of: 'group',
    ...(whenMissing === undefined ? {} : { whenMissing }),
  })
  const cpu = info('hypervisor.cpu')
  const memory = info('hypervisor.memory')
  const looks = new Map<Host, Looks>()
  const labels = opened.map(({ host }) => host.label).join(', ')

  return {
    name: `hypervisors ${labels}`,
    provides: [cpu, memory],
    async sample({ now, signal }) {
      signal.throwIfAborted()
      let failure: unknown
      const loads = await Promise.all(
        opened.map(async ({ host }) => {
          try {
            return { host, load: await host.load.get(signal) }
          } catch (error) {
            signal.throwIfAborted()
            failure = error
            return undefined
          }
        }),
      )
      const found = loads.filter((one) => one !== undefined)
      if (found.length === 0) {
        const reason = messageOf(failure)
        return [
          absentReading({ info: cpu, at: now }, reason),
          absentReading({ info: memory, at: now }, reason),
        ]
      }
      return [cpuOf(cpu, found, looks, now), memoryOf(memory, found, now)]
    },
    async close() {
      await Promise.all(opened.map(async ({ host, isOurs }) => (isOurs ? host.close() : undefined)))
    },
  }
}

type Found = readonly { readonly host: Host; readonly load: HostLoad }[]

function cpuOf(info: MetricInfo, found: Found, looks: Map<Host, Looks>, now: number): Reading {
  let [busy, cpus] = [0, 0]
  for (const { host, load } of found) {
    const look: Looks = looks.get(host) ?? { from: undefined, ratio: undefined, at: now }
    looks.set(host, look)
    if (look.from === undefined || load.atMs - look.from.atMs >= shortestMs) {
      look.ratio = busyRatio(look.from, load)
      look.from = load
      look.at = now
    }
    if (look.ratio === undefined) continue
    busy += look.ratio * load.cpus
    cpus += load.cpus
  }
  if (cpus === 0) return absentReading({ info: info, at: now }, 'the first sample: CPU is told from two')
  return readingFrom({ info, at: now }, busy / cpus)
}

function memoryOf(info: MetricInfo, found: Found, now: number): Reading {
  const total = found.reduce((sum, { load }) => sum + load.memoryBytes, 0)
  const available = found.reduce((sum, { load }) => sum + load.availableBytes, 0)
  if (total <= 0) return absentReading({ info: info, at: now }, 'libvirt tells no memory')
  return readingFrom({ info, at: now }, 1 - available / total)
}
