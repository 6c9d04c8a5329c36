import { FlotillaError, type Clock, type InstanceChange } from '@flotilla/core'
import { BoundedQueue, messageOf } from '@flotilla/core/authoring'
import type { LifecycleEvent } from '@flotilla/libvirt'
import { eventWords } from './host/event-words.js'
import type { Host } from './host/host.js'
import { readDomainName } from './names.js'

const defaults = { firstPauseMs: 1000, longestPauseMs: 30_000 }

/**
 * Changes of one group's machines on all hypervisors. When the events of one hypervisor break off, that is a change too; they
 * are asked for again after a growing pause, and the others go on.
 */
export function watchGroup(
  { hosts, clock }: { readonly hosts: readonly Host[]; readonly clock: Clock },
  { scope, group }: { readonly scope: string; readonly group: string },
  signal: AbortSignal,
): AsyncIterable<InstanceChange> {
  const ending = new AbortController()
  const queue = new BoundedQueue<InstanceChange>({ signal, onEnd: () => ending.abort() })
  const isOurs = (event: LifecycleEvent): boolean => {
    if (event.kind !== 'lifecycle') return true
    const name = readDomainName(event.domain.name)
    return name?.scope === scope && name.group === group
  }
  const tell = (change: InstanceChange): void => queue.push(change)
  for (const host of hosts) void follow(host, clock, isOurs, tell, ending.signal)
  return queue
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
