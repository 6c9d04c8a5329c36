import { FlotillaError, type Clock, type InstanceChange } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import type { LifecycleEvent } from '@flotilla/libvirt'
import { eventWords } from './host/event-words.js'
import type { Host } from './host/host.js'
import { readDomainName } from './names.js'

const defaults = { firstPauseMs: 1000, longestPauseMs: 30_000 }
/** Changes that wait for a slow listener; the oldest are dropped beyond this. */
const longestQueue = 1000

/**
 * Changes of one group's machines on all hypervisors. When the events of one hypervisor break off, that is a change too; they
 * are asked for again after a growing pause, and the others go on.
 */
export async function* watchGroup(
  { hosts, clock }: { readonly hosts: readonly Host[]; readonly clock: Clock },
  { scope, group }: { readonly scope: string; readonly group: string },
  signal: AbortSignal,
): AsyncGenerator<InstanceChange, void> {
  if (signal.aborted) return
  const queue: InstanceChange[] = []
  let wake: (() => void) | undefined
  const wakeUp = (): void => wake?.()
  const ending = new AbortController()
  const end = (): void => {
    ending.abort()
    wakeUp()
  }
  signal.addEventListener('abort', end, { once: true })
  const tell = (change: InstanceChange): void => {
    if (queue.length >= longestQueue) queue.shift()
    queue.push(change)
    wakeUp()
  }
  const isOurs = (event: LifecycleEvent): boolean => {
    if (event.kind !== 'lifecycle') return true
    const name = readDomainName(event.domain.name)
    return name?.scope === scope && name.group === group
  }
  for (const host of hosts) void follow(host, clock, isOurs, tell, ending.signal)
  try {
    while (!signal.aborted) {
      const change = queue.shift()
      if (change !== undefined) yield change
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    signal.removeEventListener('abort', end)
    ending.abort()
  }
}

async function follow(
  host: Host,
  clock: Clock,
  isOurs: (event: LifecycleEvent) => boolean,
  tell: (change: InstanceChange) => void,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = defaults.firstPauseMs
  while (!signal.aborted) {
    try {
      for await (const event of host.events(signal)) {
        pauseMs = defaults.firstPauseMs
        if (isOurs(event)) tell(toChange(event, host))
      }
    } catch (error) {
      // virsh has no events: changes are found by listing.
      if (error instanceof FlotillaError && error.code === 'unsupported') return
      if (!signal.aborted) tell({ what: `${host.label} no longer tells of changes: ${messageOf(error)}` })
    }
    await clock.sleep(pauseMs, { signal }).catch(() => {})
    pauseMs = Math.min(2 * pauseMs, defaults.longestPauseMs)
  }
}

function toChange(event: LifecycleEvent, host: Host): InstanceChange {
  if (event.kind === 'listening')
    return { what: `${host.label} tells of changes from now on; some may have been missed` }
  return { instanceId: event.domain.uuid, what: eventWords(event) }
}
