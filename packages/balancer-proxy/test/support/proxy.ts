import { silentLogger, type BalancerMember, type Logger, type Reading, type SyncReport } from '@flotilla/core'
import { onTestFinished } from 'vitest'
import { proxy, type Proxy, type ProxyOptions } from '../../src/index.js'

/** A proxy that listens, and closes with its test. */
export interface RunningProxy {
  readonly proxy: Proxy
  readonly port: number
  /** `sync` without a signal of one's own. */
  readonly sync: (...members: readonly BalancerMember[]) => Promise<SyncReport>
  /** One reading's value; throws when it is absent. */
  readonly read: (name: string, instanceId?: string) => Promise<number>
}

export const noLogger: Logger = silentLogger

export const noSignal: AbortSignal = new AbortController().signal

export async function startProxy(
  members: readonly BalancerMember[],
  options: Partial<ProxyOptions> = {},
): Promise<RunningProxy> {
  // What a test leaves in flight must not hold it up for half a minute.
  const started = proxy({ port: 0, drainTimeoutMs: 200, logger: noLogger, ...options })
  onTestFinished(() => started.close())
  const { port } = await started.listen()
  const sync = async (...next: readonly BalancerMember[]): Promise<SyncReport> =>
    started.sync(next, { signal: noSignal })
  await sync(...members)
  return {
    proxy: started,
    port,
    sync,
    read: async (name, instanceId) => {
      const reading = await readingOf(started, name, instanceId)
      if (reading?.kind !== 'value') throw new Error(`${name}: ${reading?.reason ?? 'no such reading'}`)
      return reading.value
    },
  }
}

export async function readingOf(
  from: Proxy,
  name: string,
  instanceId?: string,
): Promise<Reading | undefined> {
  const instances = instanceId === undefined ? [] : [instanceNamed(instanceId)]
  const readings = await from.sample({ group: 'web', instances, now: 1000, signal: noSignal })
  return readings.find((reading) => reading.name === name && reading.instanceId === instanceId)
}

function instanceNamed(id: string) {
  return {
    id,
    group: 'web',
    token: id,
    name: id,
    status: 'running',
    createdAt: 0,
    state: 'in-service',
    stateSince: 0,
    isProtected: false,
  } as const
}
